-- Whether an account may send to short codes (3 to 8 digits): an operator's decision, for some cost money.
ALTER TABLE account ADD COLUMN short_codes INTEGER NOT NULL DEFAULT 0;
