/// Where content to be sealed comes from, front to back, once.
public protocol ContentSource: Sendable {
    /// The next `count` bytes: fewer only at the end, and none after it. May wait, so it is called on a thread that may.
    ///
    /// - Throws: whatever ended the content before its time. What was sealed of it is then thrown away.
    func read(_ count: Int) throws -> [UInt8]
}
