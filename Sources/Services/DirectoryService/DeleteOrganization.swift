internal import Identifiers
internal import Ledger
internal import Messages
internal import Platform
internal import RPC

extension PosternServices {
  // For operators. Its tokens are revoked first. What it then holds is removed with it, or in steps
  // before it if that is too much for one.
  func deleteOrganization(
    _ request: PosternV1.DeleteOrganizationRequest, from start: Continuation?, by caller: Caller,
    in draft: inout Draft, into response: PosternV1.DeleteOrganizationResponse.Builder
  ) throws(Status) -> StepEnd {
    let organization = try Fields.organizationID(request.organizationID)
    try requireOperator(caller, "deleting an organization")
    // Not whether it is being deleted: that may be by this very command.
    guard draft.organization(organization) != nil else {
      throw notFound("organization", organization.bytes)
    }
    let subject = Self.subject(organization)
    if start?.position != Self.tokensAreRevoked {
      if let next = revokeSome(of: organization, from: start, by: caller, &draft) {
        return .continues(Continuation(subject: subject, position: next))
      }
    }
    guard !removeSome(of: organization, by: caller, &draft) else {
      return .continues(Continuation(subject: subject, position: Self.tokensAreRevoked))
    }
    draft.deleteOrganization(organization, by: caller.actor)
    return .done
  }

  /// The most rows that end with an organization in one step.
  private static var maximumRows: Int { 2000 }

  /// Removes some of what an organization holds if that is too much for one step; false when it is
  /// not. Resources go first, since teams and users have rows for each that they may write.
  private func removeSome(
    of organization: OrganizationID, by caller: Caller, _ draft: inout Draft
  ) -> Bool {
    let tables = draft.tables
    var left = Self.maximumRows + 1
    for table in [
      tables.resources, tables.writers, tables.teams, tables.teamMembers, tables.users,
    ] { left -= draft.countRows(table, of: organization, limit: left) }
    guard left <= 0 else { return false }
    var budget = AppendBudget(nanoseconds: limits.stepNanoseconds)
    var doomed: [(type: [UInt8], id: [UInt8])] = []
    draft.forEachResource(in: organization, after: Span()) { _, resource in
      doomed.append((Array(copying: resource.type.bytes), Array(copying: resource.id.bytes)))
      return doomed.count < Self.maximumRows
    }
    for (type, id) in doomed {
      guard budget.admitsNext() else { break }
      let resource = ResourceReference(
        in: organization, type: ResourceTypeName(stored: type.span), id: ResourceID(stored: id.span)
      )
      draft.deleteResource(resource, by: caller.actor)
    }
    guard doomed.isEmpty else { return true }
    draft.forEachTeam(in: organization, after: Span()) { id in
      doomed.append(([], Array(copying: id.bytes)))
      return doomed.count < Self.maximumRows
    }
    for (_, id) in doomed {
      guard budget.admitsNext() else { break }
      draft.deleteTeam(TeamID(stored: id.span), in: organization, by: caller.actor)
    }
    guard doomed.isEmpty else { return true }
    draft.forEachUser(in: organization, after: Span()) { id, _ in
      doomed.append(([], Array(copying: id.bytes)))
      return doomed.count < Self.maximumRows
    }
    for (_, id) in doomed {
      guard budget.admitsNext() else { break }
      draft.deleteUser(UserID(stored: id.span), of: organization, by: caller.actor)
    }
    return true
  }
}
