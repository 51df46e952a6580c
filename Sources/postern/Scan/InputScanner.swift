internal import Tokens

/// Finds tokens in one input, as they are and encoded, in one window over its bytes.
struct InputScanner {
  private var plain = TokenScanner()
  private var encoded = EncodedTokenScanner()
  /// How many bytes at the window's start the plain search is done with already.
  private var plainDone = 0

  /// Goes through the bytes of the window and lends every token to `found`, with what it is encoded
  /// in. Returns how many bytes of the window are done with.
  mutating func scan(
    _ window: Span<UInt8>, isEnded: Bool,
    _ found: (FoundToken, EncodedTokenScanner.Encoding?, Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    let rest = window.extracting(droppingFirst: plainDone)
    plainDone += try plain.scan(rest) { (token, text) throws(Failure) in
      try found(token, nil, text)
    }
    let done = try encoded.scan(window, isEnded: isEnded) {
      (token, encoding, text) throws(Failure) in
      try found(token, encoding, text)
    }
    let both = isEnded ? window.count : min(done, plainDone)
    plainDone -= min(both, plainDone)
    return both
  }
}
