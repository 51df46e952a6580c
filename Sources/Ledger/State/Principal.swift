/// Who may be a writer of a resource: a user or a team of the same organization.
package enum Principal: ~Escapable {
  case user(Span<UInt8>)
  case team(Span<UInt8>)

  /// The byte that stands before the id in a key.
  var tag: UInt8 {
    switch self {
    case .user: UInt8(ascii: "u")
    case .team: UInt8(ascii: "t")
    }
  }

  var id: Span<UInt8> {
    @_lifetime(copy self)
    get {
      switch self {
      case .user(let id): id
      case .team(let id): id
      }
    }
  }
}
