-- Chains first, and not webhooks: a chain is a message, whose id grows with time, so that a batch writes the end of this
-- index and not a page of it for each webhook.

DROP INDEX notice_chain;
-- Whether an earlier notice of the chain is pending, and which comes after one. Rows leave it as they end.
CREATE INDEX notice_chain ON notice (chain, webhook_id, id) WHERE status = 0;
