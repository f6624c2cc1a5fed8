extension Terms {
    /// Which of the terms, by their places in the list, stand in a text; for what is no page.
    public func found(in text: String) -> Set<Int> {
        let stream = LetterStream([(text, false)])
        return Set(patterns.filter { !$0.places(in: stream).isEmpty }.map(\.term))
    }
}
