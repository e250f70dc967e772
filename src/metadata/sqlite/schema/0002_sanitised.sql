-- Documents that are served as a clean copy: what is known of the file as it was sent, as JSON, and its digest, by which
-- the same file is found when it is sent again.
ALTER TABLE documents ADD COLUMN sanitised TEXT;
ALTER TABLE documents ADD COLUMN original_checksum BLOB;
CREATE INDEX documents_by_original ON documents (original_checksum, state, upload_date, id)
  WHERE original_checksum IS NOT NULL;
