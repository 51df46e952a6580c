/// The text of a token, kept out of everything that could be printed.
struct Bearer: CustomStringConvertible, CustomReflectable {
  private let text: [UInt8]?

  init(_ text: String?) { self.text = text.map { Array($0.utf8) } }

  /// The text for the wire; nil for none. An empty one goes there too, where it is refused.
  var bytes: Span<UInt8>? {
    @_lifetime(borrow self)
    borrowing get { text?.span }
  }

  var description: String { text == nil ? "no bearer token" : "a bearer token" }
  var customMirror: Mirror { Mirror(self, children: []) }
}
