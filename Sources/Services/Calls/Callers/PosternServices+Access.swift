internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  /// The caller of a call. This is the one place where a credential becomes rights: a bearer token
  /// that is not active is refused, whatever the role of the process.
  func authenticate<State: LedgerState & ~Copyable>(
    _ call: Call, in state: borrowing State
  ) throws(Status) -> Caller {
    switch call.credential {
    case .absent: return Caller(call)
    case .malformed(let refusal): throw .refused(refusal)
    case .bearer(let text):
      guard let token = activeToken(text, in: state) else {
        throw Status(
          .unauthenticated, "the bearer token is not active", reason: "TOKEN_NOT_ACTIVE")
      }
      if call.countsUses { state.noteUse(token) }
      return Caller(call, token)
    }
  }

  /// The caller of a command, found before the request is decoded: the cost of decoding grows with
  /// the request, and a caller that may give no command at all must not cause it.
  func caller(
    of method: Method, for call: Call, at step: CommandStep, in draft: borrowing Draft
  ) throws(Status) -> Caller {
    if method.continuesCall || step.start != nil {
      // The call's own token may be among those that it has revoked.
      guard case .bearer(let text) = call.credential, let token = knownToken(text, in: draft) else {
        return try authenticate(call, in: draft)
      }
      return Caller(call, token)
    }
    let caller = try authenticate(call, in: draft)
    if caller.kind == .peer, caller.peer.role == .client, !method.isOpenToAll {
      throw Status(.unauthenticated, "a bearer token is needed", reason: "TOKEN_REQUIRED")
    }
    return caller
  }

  /// The token with this text, if it may be used at the state's time.
  @_lifetime(borrow state)
  func activeToken<State: LedgerState & ~Copyable>(
    _ text: Span<UInt8>, in state: borrowing State
  ) -> TokenRecord? {
    guard let token = knownToken(text, in: state),
      token.state(at: state.time) == .active
    else { return nil }
    if let comparisons = state.comparisons { token.noteUse(in: comparisons) }
    return token
  }

  /// The token with this text, whatever its state: by its secret, or by the one from before the
  /// last rotation in its grace period. A text that is not well formed costs no look into the
  /// ledger, and a secret is compared by its hash, in constant time.
  @_lifetime(borrow state)
  func knownToken<State: LedgerState & ~Copyable>(
    _ text: Span<UInt8>, in state: borrowing State
  ) -> TokenRecord? {
    let parsed = TokenSecret.withParsed(text) { secret in
      (kind: secret.kind, id: secret.id, digest: secret.withBytes { SHA256.hash($0) })
    }
    guard let parsed, let token = state.token(parsed.id), token.kind == parsed.kind else {
      return nil
    }
    return token.presented(by: parsed.digest, at: state.time)
  }

  /// Decides whether a subject may do an action, from the facts of one state.
  func decision<State: LedgerState & ~Copyable>(
    on action: Action, by subject: Subject, to target: Target, in state: borrowing State
  ) -> Decision {
    Evaluator.decide(
      action, policy: policy, organization: OrganizationID.bytes(of: target.organizationID),
      subject: subject.kind, isInOrganization: subject.kind == .peer || subject.belongs(to: target)
    ) { relation in
      switch relation {
      case .operatorPeer: subject.role == .operator
      case .issuerPeer: subject.role == .issuer
      case .ingestScope: subject.scopes.contains(.ingest)
      case .apiScope: subject.scopes.contains(.api)
      case .rumScope: subject.scopes.contains(.rum)
      case .oneself: subject.isUser(of: target)
      case .member: user(of: subject, in: state) != nil
      case .administrator: user(of: subject, in: state)?.isAdministrator ?? false
      case .role(let name):
        user(of: subject, in: state)?.hasRole(policy.bytes(of: name).span) ?? false
      case .teamMember(let name):
        isMember(subject, ofTeam: policy.bytes(of: name), of: target, in: state)
      case .creator:
        if let user = subject.userID, let resource = target.resource {
          state.isCreator(user, of: resource)
        } else {
          false
        }
      case .writer:
        if let user = subject.userID, let resource = target.resource {
          state.isWriterDirectlyOrByTeam(user, of: resource)
        } else {
          false
        }
      }
    }
  }

  /// The user that a subject is; nil for another kind, and where there is none.
  @_lifetime(borrow state)
  func user<State: LedgerState & ~Copyable>(
    of subject: Subject, in state: borrowing State
  ) -> UserRecord? {
    guard let organization = subject.organizationID, let user = subject.userID else { return nil }
    return state.user(organization, user)
  }

  private func isMember<State: LedgerState & ~Copyable>(
    _ subject: Subject, ofTeam team: [UInt8], of target: Target, in state: borrowing State
  ) -> Bool {
    guard let organization = target.organizationID, let user = subject.userID else { return false }
    return state.isTeamMember(user, of: TeamID(stored: team.span), in: organization)
  }

  /// Refuses the call unless its caller may do the action.
  func authorize<State: LedgerState & ~Copyable>(
    _ caller: Caller, _ name: StaticString, on target: Target, in state: borrowing State
  ) throws(Status) {
    try authorize(caller, policy.action(named: name), on: target, in: state)
  }

  /// As above. It runs before the objects are read, so a refusal tells an outsider nothing about
  /// them: for a caller of another organization it depends on the action alone, and for a process
  /// on the action and its role, not on an organization's own rules.
  func authorize<State: LedgerState & ~Copyable>(
    _ caller: Caller, _ action: Action, on target: Target, in state: borrowing State
  ) throws(Status) {
    let decision = decision(on: action, by: caller.subject, to: target, in: state)
    guard !decision.isAllowed else { return }
    if decision == .denied(.otherOrganization) { state.tokenUses.noteTrespass() }
    guard caller.kind == .peer else { try refuse(caller, action, by: decision) }
    let everywhere = self.decision(
      on: action, by: caller.subject, to: Target(in: nil), in: state)
    try refuse(caller, action, by: everywhere.isAllowed ? decision : everywhere)
  }

  /// Refuses the call with the action and the rule; without any token, with a hint to present one.
  private func refuse(
    _ caller: Caller, _ action: Action, by decision: Decision
  ) throws(Status) -> Never {
    let name = policy.name(of: action)
    let message = decision.sentence(action: action, policy: policy)
    if caller.kind == .peer, caller.peer.role == .client {
      throw Status(
        .unauthenticated, "a bearer token is needed: \(message)", reason: "TOKEN_REQUIRED",
        metadata: [("action", name)])
    }
    throw Status(
      .permissionDenied, message, reason: "ACTION_NOT_ALLOWED",
      metadata: [("action", name), ("rule", decision.rule(policy))])
  }

  /// Refuses the call unless an operator process makes it by itself.
  func requireOperator(_ caller: Caller, _ task: StaticString) throws(Status) {
    guard !caller.isOperator else { return }
    throw Status(
      .permissionDenied, "\(task) is for operators", reason: "OPERATOR_REQUIRED",
      metadata: [("rule", "operator")])
  }

  /// Whether the caller may know which teams and resources there are in the organization: its users
  /// and operators may.
  func isMember(_ caller: Caller, of organization: OrganizationID) -> Bool {
    caller.isOperator || (caller.kind == .user && caller.belongs(to: organization))
  }

  /// Refuses the call unless its caller belongs to the organization or is an operator.
  func requireMember<State: LedgerState & ~Copyable>(
    _ caller: Caller, of organization: OrganizationID, in state: borrowing State
  ) throws(Status) {
    if isMember(caller, of: organization) { return }
    if caller.kind == .peer {
      throw Status(.unauthenticated, "a bearer token is needed", reason: "TOKEN_REQUIRED")
    }
    if !caller.belongs(to: organization) { state.tokenUses.noteTrespass() }
    throw Status(
      .permissionDenied, "only users of the organization may read this",
      reason: "ACTION_NOT_ALLOWED", metadata: [("rule", "member")])
  }

  /// Refuses the call when there is no such organization.
  func requireOrganization<State: LedgerState & ~Copyable>(
    _ organization: OrganizationID, in state: borrowing State
  ) throws(Status) {
    guard state.organization(organization) != nil else {
      throw notFound("organization", organization.bytes)
    }
    if !ending.isEmpty { try requireNotEnding(Self.subject(organization)) }
  }

  /// Refuses the call when the organization has no such user.
  func requireUser<State: LedgerState & ~Copyable>(
    _ user: UserID, of organization: OrganizationID, in state: borrowing State
  ) throws(Status) {
    guard state.user(organization, user) != nil else { throw notFound("user", user.bytes) }
    if !ending.isEmpty { try requireNotEnding(Self.subject(organization, user: user)) }
  }

  /// Refuses the call when the organization has no such team.
  func requireTeam<State: LedgerState & ~Copyable>(
    _ team: TeamID, of organization: OrganizationID, in state: borrowing State
  ) throws(Status) {
    guard state.team(organization, team) != nil else { throw notFound("team", team.bytes) }
    if !ending.isEmpty { try requireNotEnding(Self.subject(organization, team: team)) }
  }

  func notFound(_ what: StaticString, _ id: Span<UInt8>) -> Status {
    Status(
      .notFound, "there is no \(what) `\(String(copying: id))`", reason: "NOT_FOUND",
      metadata: [("type", "\(what)")])
  }
}

// Ids are used again: an organization created under the id of a deleted one is another, and so is a
// user invited again. The log, tokens that are not swept yet and their usage still hold facts about
// the one before, which only operators may see.
extension PosternServices {
  /// The revision from which on a caller may see facts about an organization: the creation of the
  /// organization if the caller may do the action to all of it, else its own invitation.
  func horizon<State: LedgerState & ~Copyable>(
    of caller: Caller, for action: StaticString, in organization: OrganizationID?,
    _ state: borrowing State
  ) -> UInt64 {
    if caller.isOperator { return 0 }
    guard let organization else { return .max }
    let decision = decision(
      on: policy.action(named: action), by: caller.subject, to: Target(in: organization), in: state)
    if decision.isAllowed { return state.organization(organization)?.createdRevision ?? .max }
    guard let user = caller.userID else { return .max }
    return state.user(organization, user)?.invitedRevision ?? .max
  }

  /// Whether a caller that may do the action may learn that the token exists or existed.
  func sees<State: LedgerState & ~Copyable>(
    _ caller: Caller, _ token: TokenRecord, for action: StaticString, in state: borrowing State
  ) -> Bool {
    token.issuedRevision >= horizon(of: caller, for: action, in: token.organizationID, state)
  }
}

extension PosternServices {
  /// When the credential of a caller ends by itself, in nanoseconds since 1970, nil for never;
  /// refuses the call if it is not good any more. So is a secret that the token had before a
  /// rotation, after its grace period.
  func endNanoseconds<State: LedgerState & ~Copyable>(
    of caller: Caller, _ state: borrowing State
  ) throws(Status) -> Int64? {
    guard let id = caller.tokenID, let credential = caller.credential else { return nil }
    guard let token = state.token(id)?.presented(by: credential, at: state.time),
      token.state(at: state.time) == .active
    else {
      throw Status(
        .unauthenticated, "the bearer token is not active any more", reason: "TOKEN_NOT_ACTIVE")
    }
    var end = token.expiresAtNanoseconds == 0 ? Int64.max : token.expiresAtNanoseconds
    if token.isByPreviousSecret { end = min(end, token.previousSecretExpiresAtNanoseconds) }
    return end == .max ? nil : end
  }

  /// The latest end of a token that a caller issues, if the policy limits it to the end of the
  /// caller's own token. Without that rule a token stolen for an hour gives one for a month.
  func latestEnd<State: LedgerState & ~Copyable>(
    ofIssuedBy caller: Caller, _ state: borrowing State
  ) throws(Status) -> Int64? {
    policy.tokensEndWithIssuer ? try endNanoseconds(of: caller, state) : nil
  }
}
