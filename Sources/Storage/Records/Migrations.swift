internal import GRDB

/// The shape of `records.sqlite`. A migration that has shipped is frozen. See docs/FORMATS.md, "Records".
enum RecordsSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 vault, people, children, cases") { try $0.execute(sql: people) }
        migrator.registerMigration("1 documents") { try $0.execute(sql: documents) }
        migrator.registerMigration("1 ledger") { try $0.execute(sql: ledger) }
        migrator.registerMigration("2 acts and proposals") { try $0.execute(sql: acts) }
        migrator.registerMigration("3 sign-in") { try $0.execute(sql: signIn) }
        migrator.registerMigration("4 scans") { try $0.execute(sql: scans) }
        migrator.registerMigration("5 requests and uploads") { try $0.execute(sql: requests) }
        migrator.registerMigration("6 identities") { try $0.execute(sql: identities) }
        migrator.registerMigration("7 outbox") { try $0.execute(sql: outbox) }
        migrator.registerMigration("8 systems") { try $0.execute(sql: systems) }
        migrator.registerMigration("9 backups") { try $0.execute(sql: backups) }
        migrator.registerMigration("10 ceremonies and disposals") { try $0.execute(sql: disposals) }
        migrator.registerMigration("11 rights requests and breaches") { try $0.execute(sql: rights) }
        migrator.registerMigration("12 documents' own keys") { try $0.execute(sql: ownKeys) }
        migrator.registerMigration("13 restrictions and corrections") { try $0.execute(sql: restrictions) }
        migrator.registerMigration("14 offers of packages") { try $0.execute(sql: offers) }
        return migrator
    }

    private static let people = """
        CREATE TABLE vault (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          origin TEXT NOT NULL,
          created INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE organisations (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          party TEXT NOT NULL,
          name BLOB NOT NULL,
          added INTEGER NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE people (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          username BLOB NOT NULL UNIQUE,
          name BLOB NOT NULL,
          salt BLOB NOT NULL,
          passes INTEGER NOT NULL,
          memory INTEGER NOT NULL,
          verifier BLOB NOT NULL,
          added INTEGER NOT NULL,
          disabled INTEGER,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE memberships (
          person BLOB NOT NULL REFERENCES people,
          organisation BLOB NOT NULL REFERENCES organisations,
          role TEXT NOT NULL,
          mac BLOB NOT NULL,
          PRIMARY KEY (person, organisation, role)
        ) STRICT;
        CREATE TABLE sessions (
          token BLOB NOT NULL PRIMARY KEY,
          person BLOB NOT NULL REFERENCES people,
          expires INTEGER NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE children (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          profile BLOB NOT NULL,
          added INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE cases (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          child BLOB NOT NULL REFERENCES children,
          purpose TEXT NOT NULL,
          opened INTEGER NOT NULL,
          closed INTEGER,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX cases_of_child ON cases (child);
        CREATE TABLE team (
          case_id BLOB NOT NULL REFERENCES cases,
          person BLOB NOT NULL REFERENCES people,
          organisation BLOB NOT NULL REFERENCES organisations,
          role TEXT NOT NULL,
          added INTEGER NOT NULL,
          removed INTEGER,
          mac BLOB NOT NULL,
          PRIMARY KEY (case_id, person, role, added)
        ) STRICT;
        CREATE INDEX team_of_person ON team (person);
        """

    private static let documents = """
        CREATE TABLE documents (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          case_id BLOB NOT NULL REFERENCES cases,
          child BLOB NOT NULL REFERENCES children,
          category TEXT NOT NULL,
          holder TEXT NOT NULL,
          organisation BLOB NOT NULL REFERENCES organisations,
          depositor BLOB NOT NULL REFERENCES people,
          labels TEXT NOT NULL,
          title BLOB NOT NULL,
          added INTEGER NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX documents_of_case ON documents (case_id, added);
        CREATE TABLE versions (
          document BLOB NOT NULL REFERENCES documents,
          number INTEGER NOT NULL CHECK (number >= 1),
          depositor BLOB NOT NULL REFERENCES people,
          added INTEGER NOT NULL,
          entry INTEGER NOT NULL UNIQUE,
          mac BLOB NOT NULL,
          PRIMARY KEY (document, number)
        ) STRICT;
        CREATE TABLE renditions (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          document BLOB NOT NULL,
          version INTEGER NOT NULL,
          kind TEXT NOT NULL,
          object BLOB NOT NULL CHECK (length(object) = 32),
          byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
          media_type TEXT NOT NULL,
          fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
          mac BLOB NOT NULL,
          UNIQUE (document, version, kind),
          FOREIGN KEY (document, version) REFERENCES versions (document, number)
        ) STRICT;
        CREATE INDEX renditions_of_object ON renditions (object);
        CREATE INDEX renditions_by_fingerprint ON renditions (fingerprint);
        CREATE TABLE imported (
          source BLOB NOT NULL PRIMARY KEY,
          document BLOB NOT NULL REFERENCES documents
        ) STRICT;
        """

    private static let ledger = """
        CREATE TABLE entries (
          position INTEGER NOT NULL PRIMARY KEY CHECK (position >= 0),
          leaf BLOB NOT NULL,
          child BLOB,
          openings BLOB
        ) STRICT;
        CREATE TABLE hashes (
          position INTEGER NOT NULL PRIMARY KEY CHECK (position >= 0),
          hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        CREATE TABLE checkpoints (
          size INTEGER NOT NULL PRIMARY KEY CHECK (size >= 0),
          note BLOB NOT NULL
        ) STRICT;
        CREATE TABLE policies (
          name TEXT NOT NULL,
          text BLOB NOT NULL,
          activated INTEGER NOT NULL,
          entry INTEGER NOT NULL REFERENCES entries,
          PRIMARY KEY (name, entry)
        ) STRICT;
        CREATE TRIGGER entries_stay BEFORE DELETE ON entries
          BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER entries_keep BEFORE UPDATE ON entries
          WHEN NEW.position IS NOT OLD.position OR NEW.leaf IS NOT OLD.leaf OR NEW.child IS NOT OLD.child
            OR NEW.openings IS NOT NULL
          BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER hashes_stay BEFORE DELETE ON hashes
          BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER hashes_keep BEFORE UPDATE ON hashes
          BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER checkpoints_stay BEFORE DELETE ON checkpoints
          BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER checkpoints_keep BEFORE UPDATE ON checkpoints
          BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        """

    private static let requests = """
        CREATE TABLE requests (
          key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),
          asked BLOB NOT NULL CHECK (length(asked) = 32),
          added INTEGER NOT NULL,
          answer BLOB,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX requests_added ON requests (added);
        CREATE TABLE uploads (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          person BLOB NOT NULL REFERENCES people,
          case_id BLOB NOT NULL REFERENCES cases,
          byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
          sealed BLOB NOT NULL,
          expires INTEGER NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX uploads_expire ON uploads (expires);
        CREATE TABLE upload_parts (
          upload BLOB NOT NULL REFERENCES uploads,
          number INTEGER NOT NULL CHECK (number >= 0),
          object BLOB NOT NULL CHECK (length(object) = 32),
          byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
          mac BLOB NOT NULL,
          PRIMARY KEY (upload, number)
        ) STRICT;
        CREATE INDEX parts_of_object ON upload_parts (object);
        """

    private static let acts = """
        ALTER TABLE renditions ADD COLUMN added INTEGER;
        ALTER TABLE renditions ADD COLUMN entry INTEGER;
        CREATE UNIQUE INDEX rendition_of_entry ON renditions (entry);
        CREATE INDEX documents_of_child ON documents (child);
        CREATE INDEX entries_of_child ON entries (child);
        CREATE TABLE acts (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          child BLOB NOT NULL REFERENCES children,
          kind TEXT NOT NULL,
          document BLOB REFERENCES documents,
          person BLOB REFERENCES people,
          refers BLOB REFERENCES acts,
          added INTEGER NOT NULL,
          until INTEGER,
          body BLOB NOT NULL,
          entry INTEGER NOT NULL UNIQUE REFERENCES entries,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX acts_of_child ON acts (child, entry);
        CREATE INDEX acts_of_kind ON acts (kind, person);
        CREATE INDEX acts_that_refer ON acts (refers);
        CREATE TRIGGER acts_stay BEFORE DELETE ON acts
          BEGIN SELECT RAISE(ABORT, 'acts are append-only'); END;
        CREATE TRIGGER acts_keep BEFORE UPDATE ON acts
          BEGIN SELECT RAISE(ABORT, 'acts are append-only'); END;
        CREATE TABLE due (
          child BLOB NOT NULL REFERENCES children,
          at INTEGER NOT NULL,
          PRIMARY KEY (child, at)
        ) STRICT;
        CREATE INDEX due_at ON due (at);
        CREATE TABLE proposals (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          categories BLOB NOT NULL,
          agreement BLOB NOT NULL,
          cases BLOB NOT NULL,
          proposer BLOB NOT NULL REFERENCES people,
          proposed INTEGER NOT NULL,
          approver BLOB REFERENCES people,
          approved INTEGER,
          activated INTEGER,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE alignments (
          policy INTEGER NOT NULL,
          in_force INTEGER NOT NULL CHECK (in_force IN (0, 1)),
          cursor BLOB,
          finished INTEGER NOT NULL CHECK (finished IN (0, 1)),
          PRIMARY KEY (policy, in_force)
        ) STRICT;
        """

    private static let signIn = """
        DROP TABLE sessions;
        CREATE TABLE sessions (
          token BLOB NOT NULL PRIMARY KEY CHECK (length(token) = 32),
          id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
          person BLOB NOT NULL REFERENCES people,
          began INTEGER NOT NULL,
          used INTEGER NOT NULL,
          second_factor INTEGER NOT NULL CHECK (second_factor IN (0, 1)),
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX sessions_of_person ON sessions (person);
        CREATE TABLE attempts (
          name BLOB NOT NULL PRIMARY KEY,
          failures INTEGER NOT NULL CHECK (failures >= 0),
          last INTEGER NOT NULL,
          until INTEGER NOT NULL,
          is_noted INTEGER NOT NULL CHECK (is_noted IN (0, 1)),
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX attempts_by_time ON attempts (last);
        CREATE TABLE second_factors (
          person BLOB NOT NULL PRIMARY KEY REFERENCES people,
          secret BLOB NOT NULL,
          confirmed INTEGER,
          step INTEGER NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE recovery_codes (
          person BLOB NOT NULL REFERENCES people,
          digest BLOB NOT NULL CHECK (length(digest) = 32),
          mac BLOB NOT NULL,
          PRIMARY KEY (person, digest)
        ) STRICT;
        CREATE TABLE invitations (
          person BLOB NOT NULL PRIMARY KEY REFERENCES people,
          token BLOB NOT NULL UNIQUE CHECK (length(token) = 32),
          expires INTEGER NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE access_tokens (
          token BLOB NOT NULL PRIMARY KEY CHECK (length(token) = 32),
          id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
          person BLOB NOT NULL REFERENCES people,
          name BLOB NOT NULL,
          created INTEGER NOT NULL,
          expires INTEGER NOT NULL,
          used INTEGER,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX access_tokens_of_person ON access_tokens (person);
        """

    private static let scans = """
        CREATE TABLE scans (
          rendition BLOB NOT NULL PRIMARY KEY REFERENCES renditions,
          object BLOB NOT NULL CHECK (length(object) = 32),
          found TEXT,
          version TEXT NOT NULL,
          signatures TEXT NOT NULL,
          scanned INTEGER NOT NULL,
          entry INTEGER NOT NULL REFERENCES entries,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE scanning (
          required INTEGER NOT NULL PRIMARY KEY CHECK (required = 1),
          since INTEGER NOT NULL,
          entry INTEGER NOT NULL UNIQUE REFERENCES entries,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER scanning_stays BEFORE DELETE ON scanning
          BEGIN SELECT RAISE(ABORT, 'scans stay required'); END;
        CREATE TRIGGER scanning_keeps BEFORE UPDATE ON scanning
          BEGIN SELECT RAISE(ABORT, 'scans stay required'); END;
        """

    private static let outbox = """
        CREATE TABLE subscribers (
          name TEXT NOT NULL PRIMARY KEY,
          kinds BLOB NOT NULL,
          sees_identifiers INTEGER NOT NULL CHECK (sees_identifiers IN (0, 1)),
          next INTEGER NOT NULL CHECK (next >= 0),
          attempts INTEGER NOT NULL CHECK (attempts >= 0),
          failing_since INTEGER,
          due INTEGER NOT NULL,
          dead INTEGER NOT NULL CHECK (dead >= 0),
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE outbox (
          entry INTEGER NOT NULL PRIMARY KEY REFERENCES entries,
          kind INTEGER NOT NULL,
          added INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX outbox_kind ON outbox (kind, entry);
        CREATE INDEX outbox_added ON outbox (added);
        """

    private static let systems = """
        CREATE TABLE systems (
          person BLOB NOT NULL PRIMARY KEY REFERENCES people,
          certificate BLOB NOT NULL UNIQUE CHECK (length(certificate) = 32),
          purposes TEXT NOT NULL,
          categories TEXT NOT NULL,
          expires INTEGER NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        """

    /// Acts stay for as long as the child does.
    private static let disposals = """
        CREATE TABLE schedules (
          version INTEGER NOT NULL PRIMARY KEY CHECK (version >= 1),
          text BLOB NOT NULL,
          proposer BLOB NOT NULL REFERENCES people,
          proposed INTEGER NOT NULL,
          approver BLOB REFERENCES people,
          approved INTEGER,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE holds (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          body BLOB NOT NULL,
          placed INTEGER NOT NULL,
          released INTEGER,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE individuals (
          person BLOB NOT NULL PRIMARY KEY REFERENCES people,
          individual BLOB NOT NULL REFERENCES people,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE ceremonies (
          only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
          proposer BLOB NOT NULL REFERENCES people,
          began INTEGER NOT NULL,
          approver BLOB REFERENCES people,
          is_issued INTEGER NOT NULL CHECK (is_issued IN (0, 1)),
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE disposals (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          unit TEXT NOT NULL CHECK (unit IN ('child', 'document', 'version')),
          child BLOB NOT NULL REFERENCES children,
          document BLOB,
          version INTEGER,
          state TEXT NOT NULL CHECK (state IN ('listed', 'reviewed', 'approved', 'erasing', 'erased', 'ended')),
          body BLOB NOT NULL,
          changed INTEGER NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX disposals_of_child ON disposals (child);
        CREATE INDEX disposals_of_document ON disposals (document);
        CREATE TABLE erasing (
          disposal BLOB NOT NULL REFERENCES disposals,
          rendition BLOB,
          object BLOB NOT NULL CHECK (length(object) = 32)
        ) STRICT;
        CREATE INDEX erasing_by_disposal ON erasing (disposal);
        CREATE INDEX erasing_objects ON erasing (object);
        CREATE TABLE erased (
          entry INTEGER NOT NULL PRIMARY KEY REFERENCES entries,
          disposal BLOB NOT NULL REFERENCES disposals,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE certificates (
          number INTEGER NOT NULL PRIMARY KEY CHECK (number >= 1),
          disposal BLOB NOT NULL UNIQUE REFERENCES disposals,
          issued INTEGER NOT NULL,
          entry INTEGER NOT NULL UNIQUE REFERENCES entries,
          text BLOB NOT NULL,
          signature BLOB NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TABLE signers (
          certificate BLOB NOT NULL PRIMARY KEY,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER certificates_stay BEFORE DELETE ON certificates
          BEGIN SELECT RAISE(ABORT, 'the disposal register is permanent'); END;
        CREATE TRIGGER certificates_keep BEFORE UPDATE ON certificates
          BEGIN SELECT RAISE(ABORT, 'the disposal register is permanent'); END;
        CREATE INDEX imported_documents ON imported (document);
        CREATE INDEX acts_of_document ON acts (document);
        DROP TRIGGER acts_stay;
        CREATE TRIGGER acts_stay BEFORE DELETE ON acts
          WHEN NOT EXISTS (SELECT 1 FROM disposals WHERE child = OLD.child AND state = 'erasing')
          BEGIN SELECT RAISE(ABORT, 'acts are append-only'); END;
        """

    private static let identities = """
        CREATE TABLE identities (
          identity BLOB NOT NULL PRIMARY KEY CHECK (length(identity) = 32),
          person BLOB NOT NULL REFERENCES people,
          linked INTEGER NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX identities_of_person ON identities (person);
        CREATE TABLE provided_sessions (
          token BLOB NOT NULL PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
          identity BLOB NOT NULL CHECK (length(identity) = 32),
          provider_session BLOB NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX sessions_of_identity ON provided_sessions (identity);
        CREATE INDEX sessions_of_provider ON provided_sessions (provider_session);
        """

    /// What was there before has titles under the children's keys, until the next process that has the vault alone seals them anew.
    private static let ownKeys = """
        CREATE TABLE retitling (
          only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
          cursor BLOB NOT NULL
        ) STRICT;
        INSERT INTO retitling (only, cursor) SELECT 1, zeroblob(0) WHERE EXISTS (SELECT 1 FROM documents);
        ALTER TABLE renditions ADD COLUMN key BLOB CHECK (length(key) = 16);
        ALTER TABLE renditions ADD COLUMN resealed INTEGER REFERENCES entries;
        CREATE UNIQUE INDEX renditions_by_key ON renditions (key);
        CREATE TABLE reseals (
          owner TEXT NOT NULL PRIMARY KEY,
          begun INTEGER NOT NULL REFERENCES entries,
          is_content INTEGER NOT NULL CHECK (is_content IN (0, 1)),
          person BLOB NOT NULL REFERENCES people,
          mac BLOB NOT NULL
        ) STRICT;
        """
}
