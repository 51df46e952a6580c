/// Borrowed bytes that identify an object of one kind and follow that kind's grammar.
///
/// Each kind has its own type, so the id of a team can't be used as the id of a user. Ids are
/// case-sensitive ASCII and are compared byte by byte.
package struct Identifier<Kind: IdentifierKind>: ~Escapable {
  /// The identifier's bytes, all ASCII.
  package let bytes: Span<UInt8>

  /// Checks bytes that a peer sent in the field with that name.
  @_lifetime(copy bytes)
  package init(_ bytes: Span<UInt8>, field: StaticString) throws(InvalidField) {
    try Kind.grammar.check(bytes, field: field)
    self.bytes = bytes
  }

  /// Wraps bytes that were checked before they were stored.
  @inlinable @_lifetime(copy bytes)
  package init(stored bytes: Span<UInt8>) { self.bytes = bytes }

  /// Wraps bytes that were checked before they were stored; nil if there are none.
  @inlinable @_lifetime(copy bytes)
  package init?(storedOrEmpty bytes: Span<UInt8>) {
    if bytes.isEmpty { return nil }
    self.bytes = bytes
  }

  /// The bytes of an identifier; empty for nil, as messages and rows store an absent id.
  @inlinable @_lifetime(copy id)
  package static func bytes(of id: Identifier?) -> Span<UInt8> {
    if let id { return id.bytes }
    return Span()
  }

  /// The identifier as a new string, for a message or a log.
  package var string: String {
    var string = ""
    for index in bytes.indices { string.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
    return string
  }

  /// Whether both have the same bytes.
  @inlinable
  package static func == (left: Identifier, right: Identifier) -> Bool {
    guard left.bytes.count == right.bytes.count else { return false }
    for index in left.bytes.indices where left.bytes[index] != right.bytes[index] { return false }
    return true
  }
}

/// A kind of object that has ids.
package protocol IdentifierKind {
  /// The rules that its ids follow.
  static var grammar: Grammar { get }
}

/// An organization: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`.
package typealias OrganizationID = Identifier<OrganizationKind>
/// A user of an organization: `[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}`, so a mail address is valid.
package typealias UserID = Identifier<UserKind>
/// A team of an organization: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`.
package typealias TeamID = Identifier<TeamKind>
/// A resource of a type: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`.
package typealias ResourceID = Identifier<ResourceKind>
/// The name of a type of resource: `[a-z][a-z0-9_]{0,63}`.
package typealias ResourceTypeName = Identifier<ResourceTypeKind>

package enum OrganizationKind: IdentifierKind {
  package static var grammar: Grammar { .identifier }
}

package enum UserKind: IdentifierKind {
  package static var grammar: Grammar { .user }
}

package enum TeamKind: IdentifierKind {
  package static var grammar: Grammar { .identifier }
}

package enum ResourceKind: IdentifierKind {
  package static var grammar: Grammar { .identifier }
}

package enum ResourceTypeKind: IdentifierKind {
  package static var grammar: Grammar { .typeName }
}
