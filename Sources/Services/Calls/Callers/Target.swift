internal import Identifiers

/// What an action is done to.
struct Target: ~Escapable {
  /// The organization that is acted in; nil for none in particular.
  let organizationID: OrganizationID?
  /// Nil for none in particular.
  let resource: ResourceReference?
  /// The user that the action is about; nil for none.
  let userID: UserID?

  @_lifetime(copy organizationID, copy resource, copy userID)
  init(
    in organizationID: OrganizationID?, resource: ResourceReference? = nil,
    user userID: UserID? = nil
  ) {
    self.organizationID = organizationID
    self.resource = resource
    self.userID = userID
  }

  /// A resource, in its organization.
  @_lifetime(copy resource, copy userID)
  init(_ resource: ResourceReference, user userID: UserID? = nil) {
    self.init(in: resource.organizationID, resource: resource, user: userID)
  }
}
