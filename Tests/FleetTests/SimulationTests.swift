internal import Fleet
internal import Testing

#if canImport(Glibc)
  internal import Glibc
#endif

@Suite struct SimulationTests {
  @Test func promisesHoldWhateverHappens() {
    let count = environment("POSTERN_FLEET_SEEDS") ?? 200
    let first = environment("POSTERN_FLEET_FIRST_SEED") ?? 0
    var steps = 0
    var broken = 0
    for seed in first..<(first + count) {
      let simulation = Simulation.run(Scenario(seed: UInt64(seed)))
      steps += simulation.steps
      if let violation = simulation.violation {
        broken += 1
        if broken < 20 { Issue.record("\(violation)") }
      }
    }
    if count > 200 { print("\(count) seeds, \(steps) steps, \(broken) broken") }
  }
}

/// A number from the environment.
func environment(_ name: String) -> Int? {
  // SAFETY: nothing in this process changes the environment, and the text is copied.
  unsafe getenv(name).flatMap { Int(unsafe String(cString: $0)) }
}
