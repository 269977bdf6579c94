-- Numbers in the form in which their spellings meet, and devices that are gone from the lists.

-- What was stored before has no normal form but the given one: every question asks for both, so that it is found.
ALTER TABLE outbound ADD COLUMN recipient_normal TEXT NOT NULL DEFAULT '';
UPDATE outbound SET recipient_normal = recipient;
ALTER TABLE inbound ADD COLUMN sender_normal TEXT NOT NULL DEFAULT '';
UPDATE inbound SET sender_normal = sender;

-- A conversation's outbound half, in order, from the index alone: a page skips and counts without touching a message.
-- Also the list narrowed to one recipient, which would otherwise walk over everything that the account has sent.
CREATE INDEX outbound_by_recipient ON outbound (account_id, recipient_normal, line_id, created_at, id);
-- Its inbound half, and the list narrowed to one sender, in the list's order.
CREATE INDEX inbound_by_sender ON inbound (account_id, number, sender_normal, received_at, id);
-- The lines that share a number: phones and slots that a SIM has been through. A row a line.
CREATE INDEX line_by_number ON line (account_id, number);

-- A deleted device is in no list any more; its messages and its history stay.
ALTER TABLE device ADD COLUMN deleted_at BIGINT;
