internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  // With a token's secret: open to every process that can connect. For a user without a token: for
  // operators and issuers, the user itself, and administrators of the organization.
  func check(
    _ request: PosternV1.CheckRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.CheckResponse.Builder
  ) throws(Status) {
    let question = try question(
      request.action, request.resource, targetUserID: request.targetUserID)
    let found = try findSubject(
      bySecret: request.tokenSecret, orUser: request.user, for: call, in: snapshot)
    let decision = writeDecision(on: question, by: found, in: snapshot, into: response)
    // Whatever is asked about, what counts is in the subject's own organization.
    guard request.wantsKeep, case .known(let subject, let tokenID) = found,
      let id = TokenID(parsing: tokenID), let organization = subject.organizationID,
      let kept = keep(
        of: id, in: organization, decision?.isAllowed == true ? .allowed : .denied, for: call,
        snapshot)
    else { return }
    response.makeKeep().set(kept)
  }
}
