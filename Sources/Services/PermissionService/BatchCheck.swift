internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // As `Check`. All items are read before the first is decided, so an item behind the one that
  // stops the evaluation is refused all the same. An item takes 1 to 3 us (measured), and much more
  // where it has to look through many teams: a batch may take several steps.
  func batchCheck(
    _ request: PosternV1.BatchCheckRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.BatchCheckResponse.Builder
  ) throws(Status) -> QueryRest? {
    guard (1...Self.maximumItems).contains(request.itemsCount) else {
      throw Fields.invalid("`items` must hold 1 to \(Self.maximumItems) items", "items")
    }
    try require(request)
    let next = try decideItems(of: request, from: 0, for: call, in: snapshot, into: response)
    guard let next else { return nil }
    return QueryRest(next: next, itemCount: request.itemsCount)
  }

  /// Refuses a batch with an item that makes no sense. Never inlined, as `decideItems`.
  @inline(never)
  private func require(_ request: PosternV1.BatchCheckRequest) throws(Status) {
    for index in 0..<request.itemsCount {
      let item = request.items(at: index)
      do throws(Status) {
        try require(item)
      } catch {
        throw error.within("items[\(index)]")
      }
    }
  }

  private func require(_ item: PosternV1.BatchCheckItem) throws(Status) {
    let question = try question(item.action, item.resource, targetUserID: item.targetUserID)
    precondition(
      policy.action(named: item.action) == question.action, "`decideItems` finds it again")
  }

  /// Decides on the items from `first` on, which have been read, until all are decided or the time
  /// of the step is over. Returns the item to continue at; nil when the batch is done.
  ///
  /// Never inlined: in a release the compiler (6.3.1) then breaks down over the snapshot's borrow.
  @inline(never)
  func decideItems(
    of request: PosternV1.BatchCheckRequest, from first: Int, for call: Call,
    in snapshot: borrowing Snapshot, into response: PosternV1.BatchCheckResponse.Builder
  ) throws(Status) -> Int? {
    let last = try lastDecision(of: request.evaluation)
    // Counted as a use once, however many steps it takes, and however often it begins.
    let counted = call.countedItems
    var call = call
    if first > 0 { call.countedItems = .max }
    let shared = try findSubject(
      bySecret: request.tokenSecret, orUser: request.user, for: call, in: snapshot)
    var step = snapshot.step
    for index in first..<request.itemsCount {
      if index > first, step.isSpent { return index }
      call.countedItems = index < counted ? .max : 0
      step.spend(rows: StepBudget.rowsPerLook)
      let item = request.items(at: index)
      guard let action = policy.action(named: item.action) else {
        preconditionFailure("an action that was read is not one of the policy's")
      }
      let question = question(
        on: action, named: item.action, item.resource, targetUserID: item.targetUserID)
      let isAllowed: Bool
      if item.tokenSecret.isEmpty, item.user == nil {
        isAllowed = allows(question, by: shared, in: snapshot, into: response)
      } else {
        do throws(Status) {
          let own = try findSubject(
            bySecret: item.tokenSecret, orUser: item.user, for: call, in: snapshot)
          isAllowed = allows(question, by: own, in: snapshot, into: response)
        } catch {
          throw error.within("items[\(index)]")
        }
      }
      if isAllowed == last { return nil }
    }
    return nil
  }

  private static var maximumItems: Int { 1000 }

  /// The decision that ends the evaluation; nil for none.
  private func lastDecision(
    of evaluation: PosternV1.BatchCheckEvaluation
  ) throws(Status) -> Bool? {
    switch evaluation {
    case .unspecified, .all: return nil
    case .stopAtFirstDeny: return false
    case .stopAtFirstPermit: return true
    default:
      throw Fields.invalid("`evaluation` \(evaluation.rawValue) is not known", "evaluation")
    }
  }

  private func allows(
    _ question: Question, by found: FoundSubject, in snapshot: borrowing Snapshot,
    into response: PosternV1.BatchCheckResponse.Builder
  ) -> Bool {
    writeDecision(on: question, by: found, in: snapshot, into: response.addResults())?.isAllowed
      ?? false
  }
}
