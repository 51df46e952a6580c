internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func getUser(
    _ request: PosternV1.GetUserRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.GetUserResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.userID(request.userID)
    let caller = try authenticate(call, in: snapshot)
    try authorize(caller, "organization_user.get", on: Target(in: organization), in: snapshot)
    guard let record = snapshot.user(organization, user) else {
      throw notFound("user", user.bytes)
    }
    writeUser(user, of: organization, record, into: response.makeUser())
  }
}
