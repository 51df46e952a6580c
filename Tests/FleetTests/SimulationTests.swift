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

  /// A rule that is switched off breaks something, and nothing is broken while it is on.
  @Test(arguments: Mutant.all) func everyRuleIsNeeded(_ mutant: Mutant) throws {
    #expect(mutant.run(seed: mutant.seed).violation != nil, "\(mutant.name) is not caught")
    #expect(Simulation.run(Scenario(seed: mutant.seed)).violation == nil)
  }

  /// A number from the environment.
  private static func environment(_ name: String) -> Int? {
    // SAFETY: nothing in this process changes the environment, and the text is copied.
    unsafe getenv(name).flatMap { Int(unsafe String(cString: $0)) }
  }
}
