-- Documents clients can see, work left unfinished, and the answers kept for Idempotency-Keys.
-- Ids and digests are raw bytes, times are milliseconds since 1970 UTC.
-- state: 0 available, 1 quarantined, 2 deleted. Pending and removing rows lie in open_work alone.

-- Every combination of the attributes that have few values, and how many documents have it. Totals are sums over this
-- table, and a filter on these attributes is a walk along the few combinations that match.
CREATE TABLE facets (
  facet        INTEGER PRIMARY KEY,
  state        INTEGER NOT NULL,
  content_type TEXT NOT NULL,
  processed    INTEGER NOT NULL,
  categories   TEXT NOT NULL,     -- sorted, comma-separated
  documents    INTEGER NOT NULL,
  UNIQUE (state, content_type, processed, categories)
) STRICT;

-- What lists look at comes first, so that reading it never touches the overflow pages of long rows.
CREATE TABLE documents (
  serial              INTEGER PRIMARY KEY,
  id                  BLOB NOT NULL UNIQUE,
  state               INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
  facet               INTEGER NOT NULL REFERENCES facets (facet),
  upload_date         INTEGER NOT NULL,
  size                INTEGER NOT NULL,
  filename_key        TEXT NOT NULL,  -- what file names sort by
  words               TEXT NOT NULL,  -- ' word word ', folded
  attempt             INTEGER NOT NULL,
  version             INTEGER NOT NULL,
  processed           INTEGER NOT NULL,
  checksum            BLOB NOT NULL,
  filename            TEXT NOT NULL,
  original_filename   TEXT NOT NULL,
  s3_key              TEXT NOT NULL,
  categories          TEXT NOT NULL,
  content_type        TEXT NOT NULL,
  deleted_at          INTEGER,
  state_before_delete INTEGER,
  duplicate_of        BLOB,
  release_reason      TEXT,
  release_caller      TEXT,
  release_at          INTEGER,
  metadata            TEXT NOT NULL,
  extracted           TEXT NOT NULL,
  verdict             TEXT NOT NULL
) STRICT;

-- The order of every list, each index holding what filters ask, so that a row passed over costs no second look.
CREATE INDEX documents_by_date ON documents (state, upload_date, id, facet, size);
CREATE INDEX documents_by_name ON documents (state, filename_key, id, facet, size, upload_date);
CREATE INDEX documents_by_size ON documents (state, size, id, facet, upload_date);
CREATE INDEX documents_by_facet_date ON documents (facet, upload_date, id, size);
CREATE INDEX documents_by_facet_name ON documents (facet, filename_key, id, size, upload_date);
CREATE INDEX documents_by_facet_size ON documents (facet, size, id, upload_date);
CREATE INDEX documents_by_checksum ON documents (checksum, state, upload_date, id, facet, size);
CREATE INDEX documents_by_deletion ON documents (deleted_at, id) WHERE state = 2;

-- Three rows for each word of a document's file name, one for each order a search may be listed in.
CREATE TABLE document_word (
  sort        INTEGER NOT NULL,  -- 0 by upload_date, 1 by filename_key, 2 by size
  state       INTEGER NOT NULL,
  word        TEXT NOT NULL,
  key         ANY NOT NULL,      -- what the sort compares
  id          BLOB NOT NULL,
  serial      INTEGER NOT NULL,
  facet       INTEGER NOT NULL,
  size        INTEGER NOT NULL,
  upload_date INTEGER NOT NULL,
  PRIMARY KEY (sort, state, word, key, id)
) STRICT, WITHOUT ROWID;

-- Rows that are no document yet (kind 0, pending) or no longer one (kind 1, removing).
CREATE TABLE open_work (
  id      BLOB PRIMARY KEY,
  kind    INTEGER NOT NULL CHECK (kind IN (0, 1)),
  attempt INTEGER NOT NULL,
  s3_key  TEXT NOT NULL,
  due     INTEGER NOT NULL,  -- pending: the end of the lease; removing: when to try again
  claim   BLOB               -- pending: the idempotency key it runs under
) STRICT, WITHOUT ROWID;
CREATE INDEX open_work_by_due ON open_work (due, id);

-- What was answered under an Idempotency-Key; status and body are missing while the first request runs.
CREATE TABLE answers (
  key         BLOB PRIMARY KEY,
  fingerprint BLOB NOT NULL,
  id          BLOB NOT NULL,
  attempt     INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  status      INTEGER,
  body        TEXT
) STRICT;
CREATE INDEX answers_by_expiry ON answers (expires_at);
