-- What was said lately about a phone is looked up at each new trouble of it.
CREATE INDEX attention_by_device ON attention (device_id, recorded_at);
