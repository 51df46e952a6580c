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

    // A page token is the id of the page's last token and its owner.
    var after: TokenID?
    var afterUser = Span<UInt8>()
    if !request.pageToken.isEmpty {
      guard request.pageToken.count >= TokenID.textCount,
        let id = TokenID(parsing: request.pageToken.extracting(first: TokenID.textCount))
      else { throw Fields.invalid("`page_token` is not one of an answer", "page_token") }
      after = id
      afterUser = request.pageToken.extracting(TokenID.textCount..<request.pageToken.count)
      if !afterUser.isEmpty { _ = try Fields.userID(afterUser, "page_token") }
    }
    var count = 0
    var scanned = 0
    var next = ""
    snapshot.forEachToken(
      organization.bytes, user: request.userID, afterUser: afterUser, after: after
    ) { owner, id in
      scanned += 1
      if let token = snapshot.token(id), filter.admits(token) {
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
