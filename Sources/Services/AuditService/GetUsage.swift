internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  // For callers that may read it (`usage.read`), and a user about itself.
  func getUsage(
    _ request: PosternV1.GetUsageRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.GetUsageResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.optionalUserID(request.userID)
    let token = request.tokenID.isEmpty ? nil : try Fields.tokenID(request.tokenID)
    var scan = UsageScan(
      try UsageFilter(request),
      try page(
        of: .auditServiceGetUsage, request, size: request.pageSize, token: request.pageToken,
        snapshot))
    let caller = try authenticate(call, in: snapshot)
    let isOneself = if let user { caller.isUser(user, of: organization) } else { false }
    if !caller.isOperator, !isOneself {
      try authorize(caller, "usage.read", on: Target(in: organization), in: snapshot)
    }
    try requireOrganization(organization, in: snapshot)
    scan.horizon = horizon(of: caller, for: "usage.read", in: organization, snapshot)

    let position = UsagePosition(scan.page.start)
    var isFull = false
    // First the rest of the token that the page before ended in.
    if let first = token ?? position.id, let record = snapshot.token(first),
      record.organizationID == organization, record.isOf(user)
    {
      let place = token == nil ? position.token : Array(copying: first.bytes.span)
      isFull = !scan.read(record, at: place, after: position.row.span, snapshot, into: response)
    }
    if token == nil, !isFull {
      snapshot.forEachToken(in: organization, user: user, after: position.token.span) { place, id in
        let place = Array(copying: place)
        guard scan.reaches(place) else { return false }
        guard let record = snapshot.token(id) else { return true }
        return scan.read(record, at: place, after: Span(), snapshot, into: response)
      }
    }
    response.setNextPageToken(scan.page.nextToken.span)
  }
}
