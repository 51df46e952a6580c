/// Text that people write: valid UTF-8 without NUL, bounded.
package struct FreeText: ~Escapable {
  private let span: Span<UInt8>

  /// The text's bytes, valid UTF-8.
  package var bytes: Span<UInt8> {
    @_lifetime(copy self)
    get { span }
  }

  /// Checks bytes that a peer sent as the field of that name.
  @_lifetime(copy bytes)
  package init(
    _ bytes: Span<UInt8>, field: StaticString, bounds: FreeTextBounds
  ) throws(InvalidField) {
    guard bytes.count >= bounds.minimumBytes else {
      throw InvalidField(field: field, problem: .empty)
    }
    guard bytes.count <= bounds.maximumBytes else {
      throw InvalidField(field: field, problem: .tooLong(maximumBytes: bounds.maximumBytes))
    }
    for index in bytes.indices where bytes[index] == 0 {
      throw InvalidField(field: field, problem: .containsNUL(offset: index))
    }
    do {
      _ = try UTF8Span(validating: bytes)
    } catch {
      throw InvalidField(field: field, problem: .notUTF8)
    }
    span = bytes
  }

  /// Takes bytes that were checked before they were stored.
  @_lifetime(copy bytes)
  package init(stored bytes: Span<UInt8>) { span = bytes }
}
