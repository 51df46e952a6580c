package import Identifiers
internal import Messages

// The changes of the directory, each of which writes its entry here and nowhere else. A caller has
// decided that the change may be made. What a change takes away, the verb reads and notes in the
// entry, so that the log tells of it.
extension Draft {
  package mutating func createOrganization(
    _ id: OrganizationID, named name: Span<UInt8>, by actor: Actor
  ) {
    append(by: actor) { entry in
      let created = entry.makeOrganizationCreated()
      created.setOrganizationID(id.bytes)
      created.setDisplayName(name)
    }
  }

  package mutating func renameOrganization(
    _ id: OrganizationID, to name: Span<UInt8>, by actor: Actor
  ) {
    let old = copy(of: organization(id)?.displayName)
    append(by: actor) { entry in
      let updated = entry.makeOrganizationUpdated()
      updated.setOrganizationID(id.bytes)
      updated.setDisplayName(name)
      updated.setOldDisplayName(old.span)
    }
  }

  /// Ends an organization and what it holds. Its tokens have been revoked before.
  package mutating func deleteOrganization(_ id: OrganizationID, by actor: Actor) {
    append(by: actor) { $0.makeOrganizationDeleted().setOrganizationID(id.bytes) }
  }

  package mutating func inviteUser(
    _ id: UserID, to organization: OrganizationID, named name: Span<UInt8> = Span(),
    isAdministrator: Bool = false, by actor: Actor
  ) {
    append(by: actor) { entry in
      let invited = entry.makeUserInvited()
      invited.setOrganizationID(organization.bytes)
      invited.setUserID(id.bytes)
      invited.setDisplayName(name)
      invited.setAdministrator(isAdministrator)
    }
  }

  package mutating func renameUser(
    _ id: UserID, of organization: OrganizationID, to name: Span<UInt8>, by actor: Actor
  ) {
    let old = copy(of: user(organization, id)?.displayName)
    append(by: actor) { entry in
      let updated = entry.makeUserUpdated()
      updated.setOrganizationID(organization.bytes)
      updated.setUserID(id.bytes)
      updated.setDisplayName(name)
      updated.setOldDisplayName(old.span)
    }
  }

  package mutating func setAdministrator(
    _ isAdministrator: Bool, _ id: UserID, of organization: OrganizationID, by actor: Actor
  ) {
    append(by: actor) { entry in
      let change = entry.makeAdministratorSet()
      change.setOrganizationID(organization.bytes)
      change.setUserID(id.bytes)
      change.setAdministrator(isAdministrator)
    }
  }

  /// Replaces the roles of a user, which come in ascending byte order.
  package mutating func setRoles(
    _ roles: [[UInt8]], of user: UserID, in organization: OrganizationID, by actor: Actor
  ) {
    var kept = 0
    var count = 0
    self.user(organization, user)?.forEachRole { role in
      count += 1
      if roles.contains(where: { role.isEqual(to: $0.span) }) { kept += 1 }
    }
    let isFewer = roles.count == kept && roles.count < count
    append(by: actor, takesAway: isFewer) { entry in
      let change = entry.makeUserRolesSet()
      change.setOrganizationID(organization.bytes)
      change.setUserID(user.bytes)
      for role in roles { change.addRoles(role.span) }
    }
  }

  /// Removes a user, its memberships and its write permissions. Its tokens have been revoked
  /// before.
  package mutating func deleteUser(
    _ id: UserID, of organization: OrganizationID, by actor: Actor
  ) {
    let name = copy(of: user(organization, id)?.displayName)
    let wasAdministrator = user(organization, id)?.isAdministrator ?? false
    append(by: actor) { entry in
      let deleted = entry.makeUserDeleted()
      deleted.setOrganizationID(organization.bytes)
      deleted.setUserID(id.bytes)
      deleted.setDisplayName(name.span)
      deleted.setAdministrator(wasAdministrator)
    }
  }

  package mutating func createTeam(
    _ id: TeamID, in organization: OrganizationID, named name: Span<UInt8>, by actor: Actor
  ) {
    append(by: actor) { entry in
      let created = entry.makeTeamCreated()
      created.setOrganizationID(organization.bytes)
      created.setTeamID(id.bytes)
      created.setDisplayName(name)
    }
  }

  package mutating func renameTeam(
    _ id: TeamID, in organization: OrganizationID, to name: Span<UInt8>, by actor: Actor
  ) {
    let old = copy(of: team(organization, id)?.displayName)
    append(by: actor) { entry in
      let updated = entry.makeTeamUpdated()
      updated.setOrganizationID(organization.bytes)
      updated.setTeamID(id.bytes)
      updated.setDisplayName(name)
      updated.setOldDisplayName(old.span)
    }
  }

  /// Removes a team, its memberships and its write permissions.
  package mutating func deleteTeam(
    _ id: TeamID, in organization: OrganizationID, by actor: Actor
  ) {
    let name = copy(of: team(organization, id)?.displayName)
    append(by: actor) { entry in
      let deleted = entry.makeTeamDeleted()
      deleted.setOrganizationID(organization.bytes)
      deleted.setTeamID(id.bytes)
      deleted.setDisplayName(name.span)
    }
  }

  package mutating func addTeamMember(
    _ user: UserID, to team: TeamID, in organization: OrganizationID, by actor: Actor
  ) {
    append(by: actor) { entry in
      let added = entry.makeTeamMemberAdded()
      added.setOrganizationID(organization.bytes)
      added.setTeamID(team.bytes)
      added.setUserID(user.bytes)
    }
  }

  package mutating func removeTeamMember(
    _ user: UserID, from team: TeamID, in organization: OrganizationID, by actor: Actor
  ) {
    append(by: actor) { entry in
      let removed = entry.makeTeamMemberRemoved()
      removed.setOrganizationID(organization.bytes)
      removed.setTeamID(team.bytes)
      removed.setUserID(user.bytes)
    }
  }

  /// Copies a name, since an append moves the rows; empty for none.
  private func copy(of name: Span<UInt8>?) -> [UInt8] {
    guard let name else { return [] }
    return Array(copying: name)
  }
}

extension Draft {
  /// Creates a resource, or changes the name of the one that is there.
  package mutating func putResource(
    _ resource: ResourceReference, named name: Span<UInt8>, by actor: Actor
  ) {
    let exists = self.resource(resource) != nil
    let old = copy(of: self.resource(resource)?.displayName)
    append(by: actor) { entry in
      let put = entry.makeResourcePut()
      put.setOrganizationID(resource.organizationID.bytes)
      put.setResourceType(resource.type.bytes)
      put.setResourceID(resource.id.bytes)
      put.setDisplayName(name)
      put.setCreated(!exists)
      put.setOldDisplayName(old.span)
    }
  }

  /// Removes a resource and its writers.
  package mutating func deleteResource(_ resource: ResourceReference, by actor: Actor) {
    let name = copy(of: self.resource(resource)?.displayName)
    append(by: actor) { entry in
      let deleted = entry.makeResourceDeleted()
      deleted.setOrganizationID(resource.organizationID.bytes)
      deleted.setResourceType(resource.type.bytes)
      deleted.setResourceID(resource.id.bytes)
      deleted.setDisplayName(name.span)
    }
  }

  package mutating func setWriter(
    _ principal: Principal, of resource: ResourceReference, by actor: Actor
  ) {
    append(by: actor) { entry in
      let writer = entry.makeWriterSet()
      writer.setOrganizationID(resource.organizationID.bytes)
      writer.setResourceType(resource.type.bytes)
      writer.setResourceID(resource.id.bytes)
      switch principal {
      case .user(let id): writer.setUserID(id.bytes)
      case .team(let id): writer.setTeamID(id.bytes)
      }
    }
  }

  package mutating func removeWriter(
    _ principal: Principal, of resource: ResourceReference, by actor: Actor
  ) {
    append(by: actor) { entry in
      let writer = entry.makeWriterRemoved()
      writer.setOrganizationID(resource.organizationID.bytes)
      writer.setResourceType(resource.type.bytes)
      writer.setResourceID(resource.id.bytes)
      switch principal {
      case .user(let id): writer.setUserID(id.bytes)
      case .team(let id): writer.setTeamID(id.bytes)
      }
    }
  }
}
