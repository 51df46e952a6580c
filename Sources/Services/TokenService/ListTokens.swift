internal import Identifiers
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
    let filter = try TokenFilter(request, at: snapshot.time)
    let caller = try authenticate(call, snapshot)
    let target = Target(organization.bytes, userID: request.userID)
    try authorize(caller, "user_token.list", target, snapshot)
    try requireOrganization(organization.bytes, snapshot)
    if !request.userID.isEmpty {
      try requireUser(organization.bytes, request.userID, snapshot)
    }

    var page = try page(
      of: .tokenServiceListTokens, request, size: request.pageSize, token: request.pageToken,
      snapshot)
    let start = page.start
    let horizon = horizon(caller, "user_token.list", organization.bytes, snapshot)
    snapshot.forEachToken(
      organization.bytes, user: request.userID, after: start.span
    ) { position, id in
      guard page.reaches(position) else { return false }
      guard let token = snapshot.token(id), token.issuedRevision >= horizon,
        filter.admits(token, snapshot)
      else { return true }
      let item = response.addTokens()
      write(token, snapshot, into: item)
      page.add(item)
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
