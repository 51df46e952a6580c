/// The ids that identify a resource.
package struct ResourceReference: ~Escapable {
  package let organizationID: OrganizationID
  package let type: ResourceTypeName
  package let id: ResourceID

  /// A resource of a type in an organization.
  @inlinable @_lifetime(copy organizationID, copy type, copy id)
  package init(in organizationID: OrganizationID, type: ResourceTypeName, id: ResourceID) {
    self.organizationID = organizationID
    self.type = type
    self.id = id
  }

  /// Reads the part of a key or a position after the organization: `type NUL id`.
  @_lifetime(copy organizationID, copy typeAndID)
  package init(in organizationID: OrganizationID, typeAndID: Span<UInt8>) {
    var middle = 0
    while typeAndID[middle] != 0 { middle += 1 }
    self.organizationID = organizationID
    type = ResourceTypeName(stored: typeAndID.extracting(0..<middle))
    id = ResourceID(stored: typeAndID.extracting((middle + 1)..<typeAndID.count))
  }
}

/// A user or a team that is, or can become, a writer of a resource of its organization.
package enum Principal: ~Escapable {
  case user(UserID)
  case team(TeamID)
}
