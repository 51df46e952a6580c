internal import Fleet
internal import Glibc
internal import Testing

/// Runs the simulation from many seeds. `POSTERN_FLEET_SEEDS=10000` runs that many, from
/// `POSTERN_FLEET_FIRST_SEED` on; a release build does thousands in a minute.
@Suite struct SimulationTests {
  private static let parts = 8

  @Test(arguments: 0..<parts) func promisesHoldWhateverHappens(_ part: Int) {
    let count = Self.environment("POSTERN_FLEET_SEEDS") ?? 200
    let first = Self.environment("POSTERN_FLEET_FIRST_SEED") ?? 0
    var steps = 0
    for seed in stride(from: first + part, to: first + count, by: Self.parts) {
      let simulation = Simulation.run(Scenario(seed: UInt64(seed)))
      steps += simulation.steps
      #expect(simulation.violation == nil)
    }
    if count > 200 { print("part \(part) of \(Self.parts): \(steps) steps") }
  }

  /// These broke something once: members in doubt polled a log that had forgotten a hundred times a
  /// second; one believed a poll that its row in doubt was overtaken; one was to apply rows from
  /// the past behind a row of its own; and one did not know its entries again that a repair had
  /// given other rows.
  @Test(arguments: [14_674, 18_746, 24_154, 5122] as [UInt64]) func staysMended(_ seed: UInt64) {
    #expect(Simulation.run(Scenario(seed: seed)).violation == nil)
  }

  /// A rule that is switched off breaks something, and nothing is broken while it is on.
  @Test(arguments: Mutant.all) func everyRuleIsNeeded(_ mutant: Mutant) throws {
    #expect(mutant.run(seed: mutant.seed).violation != nil, "\(mutant.name) is not caught")
    #expect(Simulation.run(Scenario(seed: mutant.seed)).violation == nil)
  }

  /// New seeds for rules that their seeds do not catch any more; in a release build.
  @Test func findsSeedsThatCatchRules() {
    guard let bound = Self.environment("POSTERN_FLEET_RULES") else { return }
    for mutant in Mutant.all where !mutant.isCaught(by: mutant.seed) {
      let seed = mutant.first(below: UInt64(bound)).map { "\($0)" } ?? "none"
      print("\(mutant.name): seed \(mutant.seed) is to be \(seed)")
    }
  }

  /// A number from the environment.
  private static func environment(_ name: String) -> Int? {
    // SAFETY: nothing in this process changes the environment, and the text is copied.
    unsafe getenv(name).flatMap { Int(unsafe String(cString: $0)) }
  }
}
