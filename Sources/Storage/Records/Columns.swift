internal import Foundation
internal import GRDB
internal import Rules
internal import Sealing

extension [UInt8] {
    var data: Data { Data(self) }
}

/// Reads columns by their place, for the tables of which whole lists are read: looking a name up costs more than the value.
extension ReadTransaction {
    func bytes(_ row: Row, _ column: Int) -> [UInt8] { [UInt8](row[column] as Data) }

    func id<Subject>(_ row: Row, _ column: Int, _ table: String) throws -> ID<Subject> {
        guard let id = ID<Subject>(bytes(row, column)) else { throw StorageError.damagedStore(store: table) }
        return id
    }

    func digest(_ row: Row, _ column: Int, _ table: String) throws -> Digest {
        guard let digest = Digest(bytes(row, column)) else { throw StorageError.damagedStore(store: table) }
        return digest
    }

    func word<Word>(_ row: Row, _ column: Int, _ table: String, _ make: (String) -> Word?) throws -> Word {
        guard let word = make(row[column]) else { throw StorageError.damagedStore(store: table) }
        return word
    }
}

extension ReadTransaction {
    func bytes(_ row: Row, _ column: String) -> [UInt8] { [UInt8](row[column] as Data) }

    func optionalBytes(_ row: Row, _ column: String) -> [UInt8]? { (row[column] as Data?).map { [UInt8]($0) } }

    func id<Subject>(_ row: Row, _ column: String) throws -> ID<Subject> {
        guard let id = ID<Subject>(bytes(row, column)) else { throw StorageError.damagedStore(store: column) }
        return id
    }

    func optionalID<Subject>(_ row: Row, _ column: String) throws -> ID<Subject>? {
        (row[column] as Data?) == nil ? nil : try id(row, column)
    }

    func digest(_ row: Row, _ column: String) throws -> Digest {
        guard let digest = Digest(bytes(row, column)) else { throw StorageError.damagedStore(store: column) }
        return digest
    }

    /// A number that other hands may have put out of range: that is damage, not a trap.
    func number<Number: FixedWidthInteger>(_ row: Row, _ column: String) throws -> Number {
        guard let number = Number(exactly: row[column] as Int64) else {
            throw StorageError.damagedStore(store: column)
        }
        return number
    }

    func instant(_ row: Row, _ column: String) -> Instant { Instant(milliseconds: row[column]) }

    func optionalInstant(_ row: Row, _ column: String) -> Instant? {
        (row[column] as Int64?).map(Instant.init(milliseconds:))
    }

    /// Reads a column that holds a word of the domain: a party, a role, a kind of rendition.
    func word<Word>(_ row: Row, _ column: String, _ make: (String) -> Word?) throws -> Word {
        guard let word = make(row[column]) else { throw StorageError.damagedStore(store: column) }
        return word
    }
}
