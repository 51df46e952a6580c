internal import Identifiers
internal import Ledger
internal import Messages
internal import Platform
internal import RPC
internal import Tokens

// A large object is removed in steps, so that other commands don't wait for it: a step has a bound,
// and the command continues after others had their turn. Only the last step removes the object
// itself, with what is left by then. A caller that reads it before finds less and less in it, and
// repeats a call that was cut off. Meanwhile nothing may be added to it, so the steps come to an
// end.
extension PosternServices {
  /// The most tokens that a step revokes. What it passes over has a limit in time.
  private static var maximumRevoked: Int { 1000 }
  /// The most resources of a user or a team that end with it in one step: each has two rows.
  private static var maximumResources: Int { 1000 }

  /// Names what a command removes.
  static func subject(
    _ organization: OrganizationID, user: UserID? = nil, team: TeamID? = nil
  ) -> [UInt8] {
    var subject = Array(copying: organization.bytes)
    if let user { subject += [0, UInt8(ascii: "u"), 0] + Array(copying: user.bytes) }
    if let team { subject += [0, UInt8(ascii: "t"), 0] + Array(copying: team.bytes) }
    return subject
  }

  /// Refuses to add to an object that is being removed.
  func requireNotEnding(_ subject: [UInt8]) throws(Status) {
    guard ending[subject] != nil else { return }
    let names = subject.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    throw Status(
      .failedPrecondition, "`\(names.last ?? "")` is being deleted", reason: "BEING_DELETED")
  }

  /// Notes that a command continues to remove an object, or has ended.
  package mutating func begin(_ continuation: Continuation) {
    ending[continuation.subject, default: 0] += 1
  }

  package mutating func end(_ continuation: Continuation) {
    let count = ending[continuation.subject] ?? 0
    ending[continuation.subject] = count > 1 ? count - 1 : nil
  }

  /// Revokes tokens of an organization, or with `user` only that user's, behind where the step
  /// before has stopped. Returns where the next step continues; nil when none is left.
  func revokeSome(
    of organization: OrganizationID, user: UserID? = nil, from start: Continuation?,
    by caller: Caller, _ draft: inout Draft
  ) -> [UInt8]? {
    let after = start?.position ?? []
    var ids: [UInt8] = []
    var next: [UInt8]?
    var step = StepBudget(nanoseconds: limits.stepNanoseconds)
    draft.forEachToken(in: organization, user: user, after: after.span) { position, id in
      if draft.token(id)?.isRevoked == false {
        let bytes = id.bytes
        for index in bytes.indices { ids.append(bytes[index]) }
      } else {
        step.spend()
      }
      guard step.isSpent || ids.count == Self.maximumRevoked * TokenID.byteCount else {
        return true
      }
      next = Array(copying: position)
      return false
    }
    if !ids.isEmpty {
      draft.revokeTokens(ids, of: organization, user: user, by: caller.actor)
    }
    return next
  }

  /// Takes a user or a team from among the writers of some resources if there are too many to end
  /// with it; false when there are not.
  func removeSomeWriters(
    _ principal: Principal, in organization: OrganizationID, by caller: Caller,
    _ draft: inout Draft
  ) -> Bool {
    var resources: [(type: [UInt8], id: [UInt8])] = []
    draft.forEachResource(in: organization, writtenBy: principal) { resource in
      resources.append((Array(copying: resource.type.bytes), Array(copying: resource.id.bytes)))
      return resources.count <= Self.maximumResources
    }
    guard resources.count > Self.maximumResources else { return false }
    var budget = AppendBudget(nanoseconds: limits.stepNanoseconds)
    for (type, id) in resources {
      guard budget.admitsNext() else { break }
      let resource = ResourceReference(
        in: organization, type: ResourceTypeName(stored: type.span), id: ResourceID(stored: id.span)
      )
      draft.removeWriter(principal, of: resource, by: caller.actor)
    }
    return true
  }

  /// The position behind all tokens, which is no position of a token.
  static var tokensAreRevoked: [UInt8] { [0] }
}

/// How long a step of a command may append entries, from its first one on.
///
/// Hazard: a step that changes nothing is repeated for ever. So the first change is always
/// admitted, however long it took to find it.
struct AppendBudget {
  private let nanoseconds: Int64
  private var endNanoseconds: Int64?

  init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Whether the step may make another change.
  mutating func admitsNext() -> Bool {
    let now = Clock.monotonicNanoseconds()
    guard let endNanoseconds else {
      endNanoseconds = now + nanoseconds
      return true
    }
    return now < endNanoseconds
  }
}
