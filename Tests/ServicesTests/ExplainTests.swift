internal import Messages
internal import Services
internal import TestSupport
internal import Testing

/// Whether the suggestions of `Explain` have the effect that they promise, and no other change has
/// it: every suggested change is made by its method, and so is every other one.
@Suite struct ExplainTests {
  @Test(arguments: ExplainedWorld.Subject.allCases)
  func everySingleChangeThatTurnsIsNamed(_ subject: ExplainedWorld.Subject) throws {
    var lots = SplitMix64(seed: 2026)
    let desk = try Desk()
    try desk.adopt(policy: ExplainedWorld.policy)
    var (allows, denies, together) = (0, 0, 0)
    for round in 0..<16 {
      let world = try ExplainedWorld(desk, "org\(round)", subject, using: &lots)
      var before: [String: ExplanationView] = [:]
      for action in ExplainedWorld.actions {
        let explanation = try world.explain(action)
        #expect(try explanation.isAllowed == world.isAllowed(action))
        #expect(explanation.isAllowed ? explanation.ways.isEmpty : explanation.revocations.isEmpty)
        before[action] = explanation
        if explanation.isAllowed { allows += 1 } else { denies += 1 }
        together += try verifyWays(explanation, action, world)
      }
      let first: [ExplainedMove] =
        subject == .unknownUser ? [ExplainedMove("InviteUser", isGrant: true)] : []
      try verifySingles(before, first, world)
      try verifyEnds(before, world)
    }
    #expect(denies > 20, "\(denies)")
    #expect(subject == .unknownUser || allows > 10, "\(allows)")
    #expect(subject == .orgToken || together > 0, "\(together)")
  }

  /// Every way allows, and without any of its grants it doesn't. Returns how many are of several.
  private func verifyWays(
    _ explanation: ExplanationView, _ action: String, _ world: ExplainedWorld
  ) throws -> Int {
    for way in explanation.ways {
      var undone: [ExplainedMove] = []
      for move in way {
        #expect(try !world.isAllowed(action), "\(move) of \(way) isn't needed: \(action)")
        #expect(try world.make(move), "\(move) can't be made: \(action), \(world.story)")
        undone.append(move)
      }
      #expect(try world.isAllowed(action), "\(way) is not enough: \(action), \(world.story)")
      // Each but the first, which an invitation may have to be.
      for move in way where way.count > 1 && move.method != "InviteUser" {
        guard let inverse = move.inverse else { continue }
        #expect(try world.make(inverse))
        #expect(try !world.isAllowed(action), "\(move) of \(way) isn't needed: \(action)")
        #expect(try world.make(move))
      }
      for move in undone.reversed() {
        if let inverse = move.inverse { #expect(try world.make(inverse)) }
      }
    }
    return explanation.ways.count { $0.count > 1 }
  }

  /// Of the changes that can be taken back, those that turn a decision are those that were named.
  private func verifySingles(
    _ before: [String: ExplanationView], _ first: [ExplainedMove], _ world: ExplainedWorld
  ) throws {
    for move in first { #expect(try world.make(move)) }
    for move in ExplainedWorld.moves {
      guard try world.make(move) else { continue }
      for (action, explanation) in before {
        // Where an invitation suffices, nothing else is suggested.
        if !first.isEmpty, explanation.ways == [first] { continue }
        let turned = try world.isAllowed(action) != explanation.isAllowed
        let named =
          explanation.isAllowed
          ? explanation.revocations.contains(move) : explanation.ways.contains(first + [move])
        #expect(turned == named, "\(move): \(action), \(world.subject), \(world.story)")
      }
      if let inverse = move.inverse { #expect(try world.make(inverse)) }
    }
    // If no way is named, there is none.
    var made: [ExplainedMove] = []
    for move in ExplainedWorld.moves where move.isGrant {
      if try world.make(move) { made.append(move) }
    }
    for (action, explanation) in before where !explanation.isAllowed {
      let isAllowed = try world.isAllowed(action)
      #expect(isAllowed != explanation.ways.isEmpty, "\(action), \(world.story)")
    }
    for move in made.reversed() {
      if let inverse = move.inverse { #expect(try world.make(inverse)) }
    }
    for move in first.reversed() {
      if let inverse = move.inverse { #expect(try world.make(inverse)) }
    }
  }

  /// The ends of the token and of the user, which can't be taken back.
  private func verifyEnds(
    _ before: [String: ExplanationView], _ world: ExplainedWorld
  ) throws {
    let allowed = before.filter { $0.value.isAllowed }
    guard !allowed.isEmpty else { return }
    let deletion = ExplainedMove("DeleteUser", isGrant: false)
    let revocation = ExplainedMove("RevokeToken", isGrant: false)
    let hasToken = world.subject == .userWithToken || world.subject == .orgToken
    #expect(allowed.allSatisfy { $0.value.revocations.contains(revocation) == hasToken })
    let last = hasToken ? revocation : deletion
    let isUser = world.subject != .orgToken
    let canDelete = allowed.first?.value.revocations.contains(deletion) ?? false
    if isUser {
      #expect(allowed.allSatisfy { $0.value.revocations.contains(deletion) == canDelete })
    }
    if isUser, !hasToken || canDelete {
      #expect(try world.make(deletion) == canDelete, "\(world.story)")
    } else {
      #expect(try world.make(last))
    }
    if isUser, !canDelete, !hasToken { return }
    for action in allowed.keys { #expect(try !world.isAllowed(action)) }
  }
}
