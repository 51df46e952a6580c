internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  /// The question of a request, if it makes sense.
  @_lifetime(copy name, copy resource, copy targetUserID)
  func question(
    _ name: Span<UInt8>, _ resource: PosternV1.ResourceReference?, targetUserID: Span<UInt8>
  ) throws(Status) -> Question {
    guard let action = policy.action(named: name) else {
      // Not repeated: it may be of any length, and a secret in the wrong field.
      throw Fields.invalid("`action` is not one of the policy's actions", "action")
    }
    let question = question(on: action, named: name, resource, targetUserID: targetUserID)
    try require(question)
    return question
  }

  /// The question about an action that was looked up.
  @_lifetime(copy name, copy resource, copy targetUserID)
  func question(
    on action: Action, named name: Span<UInt8>, _ resource: PosternV1.ResourceReference?,
    targetUserID: Span<UInt8>
  ) -> Question {
    guard let resource else { return Question(action, name, targetUserID: targetUserID) }
    return Question(
      action, name, resourceType: resource.type, resourceID: resource.id,
      organizationID: resource.organizationID, targetUserID: targetUserID)
  }

  /// Decides, and writes the decision; nil without a subject, which denies.
  @discardableResult
  func writeDecision<Answer: DecisionAnswer & ~Escapable>(
    on question: Question, by found: FoundSubject, in snapshot: borrowing Snapshot,
    into answer: Answer
  ) -> Decision? {
    switch found {
    case .inactive:
      answer.setReason(.tokenInactive)
      answer.setMessage("the token is not active")
      return nil
    case .unknownUser:
      answer.setReason(.userUnknown)
      answer.setMessage("the organization has no such user")
      return nil
    case .known(let subject, let tokenID):
      answer.setTokenID(tokenID)
      answer.setUserID(UserID.bytes(of: subject.userID))
      answer.setOrganizationID(OrganizationID.bytes(of: subject.organizationID))
      let decision = decision(on: question, by: subject, in: snapshot)
      if !decision.isAllowed, let id = TokenID(parsing: tokenID) {
        snapshot.tokenUses.noteRefusal(of: id)
      }
      writeOutcome(decision, of: question.action, into: answer)
      return decision
    }
  }

  private func writeOutcome<Answer: DecisionAnswer & ~Escapable>(
    _ decision: Decision, of action: Action, into answer: Answer
  ) {
    switch decision {
    case .allowed:
      answer.setAllowed(true)
      answer.setRule(decision.rule(policy))
      answer.setReason(.relationHolds)
      return
    case .denied(.noRelation):
      answer.setRule(decision.rule(policy))
      answer.setReason(.noRelation)
    case .denied(.otherOrganization):
      answer.setReason(.otherOrganization)
    case .denied(.neverAllowed):
      answer.setReason(.neverAllowed)
    }
    answer.setMessage(decision.sentence(action: action, policy: policy))
  }
}

/// An answer that says what was decided, and on whom.
protocol DecisionAnswer: ~Escapable {
  func setAllowed(_ value: Bool)
  func setRule(_ text: String)
  func setReason(_ value: PosternV1.DecisionReason)
  func setMessage(_ text: String)
  func setTokenID(_ bytes: Span<UInt8>)
  func setUserID(_ bytes: Span<UInt8>)
  func setOrganizationID(_ bytes: Span<UInt8>)
}

extension PosternV1.CheckResponse.Builder: DecisionAnswer {}
extension PosternV1.BatchCheckResult.Builder: DecisionAnswer {}
extension PosternV1.ExplainResponse.Builder: DecisionAnswer {}

extension Status {
  /// The failure with the item of a list that it is about: before the field that it names, or for
  /// want of one as the field.
  func within(_ place: String) -> Status {
    var (message, metadata) = (message, metadata)
    if let index = metadata.firstIndex(where: { $0.key == "field" }) {
      let field = metadata[index].value
      message = message.replacing("`\(field)`", with: "`\(place).\(field)`")
      metadata[index].value = "\(place).\(field)"
    } else {
      message = "`\(place)`: \(message)"
      metadata.append(("field", place))
    }
    return Status(
      code, message, reason: reason, metadata: metadata,
      retryDelayMilliseconds: retryDelayMilliseconds)
  }
}
