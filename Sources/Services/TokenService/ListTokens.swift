internal import Directory
internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  // For the user itself, an administrator of the organization, or an operator.
  func listTokens(
    _ request: PosternV1.ListTokensRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ListTokensResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    if !request.userID.isEmpty { _ = try Fields.userID(request.userID) }
    let size = try Fields.pageSize(request.pageSize, limits)
    let filter = try TokenFilter(request, nowNanoseconds: snapshot.nowNanoseconds)
    let caller = try authenticate(call, snapshot)
    let target = Target(organization.bytes, userID: request.userID)
    try authorize(caller, "user_token.list", target, snapshot)
    try requireOrganization(organization.bytes, snapshot)
    if !request.userID.isEmpty {
      try requireUser(organization.bytes, request.userID, snapshot)
    }

    let position = try PagePosition(request.pageToken)
    var count = 0
    var scanned = 0
    var next = ""
    snapshot.forEachToken(
      organization.bytes, user: request.userID, afterUser: position.owner, after: position.id
    ) { owner, id in
      scanned += 1
      if let token = snapshot.token(id), filter.admits(token, snapshot) {
        write(token, snapshot, into: response.addTokens())
        count += 1
      }
      guard count == size || scanned == Self.mostScanned else { return true }
      next = id.description + String(copying: owner)
      return false
    }
    response.setNextPageToken(next)
  }

  /// The most tokens that one page looks at, so that a filter that nothing passes stays cheap.
  private static var mostScanned: Int { 10_000 }
}
