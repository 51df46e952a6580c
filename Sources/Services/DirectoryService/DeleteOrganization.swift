internal import Directory
internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  // For operators. One entry ends everything in one revision, so how much that is has a bound: the
  // writer does nothing else meanwhile.
  func deleteOrganization(
    _ request: PosternV1.DeleteOrganizationRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.DeleteOrganizationResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    try requireOperator(caller, "deleting an organization")
    try requireOrganization(organization.bytes, draft)
    try requireFewTokens(organization.bytes, draft)
    try requireFewRows(organization.bytes, draft)
    draft.append(by: caller.actor) { entry in
      entry.makeOrganizationDeleted().setOrganizationID(organization.bytes)
    }
  }

  private static var mostUsersAndTokens: Int { 10_000 }
  private static var mostRows: Int { 100_000 }
  private static var mostScanned: Int { 1_000_000 }

  /// Refuses to end more users and tokens than can end at once. A token that is revoked already
  /// stays as it is.
  private func requireFewTokens(
    _ organization: Span<UInt8>, _ draft: borrowing Draft
  ) throws(Status) {
    let most = Self.mostUsersAndTokens
    var (count, scanned) = (
      draft.countRows(draft.tables.users, of: organization, limit: most + 1), 0
    )
    draft.forEachToken(organization, user: Span(), after: Span()) { _, id in
      scanned += 1
      if draft.token(id)?.isRevoked == false { count += 1 }
      return count <= most && scanned <= Self.mostScanned
    }
    if count > most {
      throw tooMuch(
        "more than \(most) users and tokens",
        "revoke its tokens by `RevokeTokens`, and delete"
          + " users by `DeleteUser`, first")
    }
    if scanned > Self.mostScanned {
      throw tooMuch(
        "more than \(Self.mostScanned) tokens that were revoked",
        "try again when they have been removed, `token-retention` after their end")
    }
  }

  private func requireFewRows(
    _ organization: Span<UInt8>, _ draft: borrowing Draft
  ) throws(Status) {
    let tables = draft.tables
    var left = Self.mostRows + 1
    for table in [tables.teams, tables.teamMembers, tables.resources, tables.writers] {
      left -= draft.countRows(table, of: organization, limit: left)
    }
    guard left > 0 else {
      throw tooMuch(
        "more than \(Self.mostRows) teams, members, resources and writers",
        "delete resources by `DeleteResource`, and teams by `DeleteTeam`, first")
    }
  }

  private func tooMuch(_ what: String, _ advice: String) -> Status {
    Status(
      .failedPrecondition,
      "the organization holds \(what), too much to end in one revision: \(advice)",
      reason: "ORGANIZATION_TOO_LARGE")
  }
}
