/// An organization: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`, case-sensitive.
package struct OrganizationID: ~Escapable, Identifier {
  private let span: Span<UInt8>

  package var bytes: Span<UInt8> {
    @_lifetime(copy self)
    get { span }
  }

  /// Checks bytes that a peer sent as the field of that name.
  @_lifetime(copy bytes)
  package init(_ bytes: Span<UInt8>, field: StaticString) throws(InvalidField) {
    try Grammar.identifier.check(bytes, field: field)
    span = bytes
  }

  /// Takes bytes that were checked before they were stored.
  @_lifetime(copy bytes)
  package init(stored bytes: Span<UInt8>) { span = bytes }
}
