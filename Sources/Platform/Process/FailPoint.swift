// Places where a trial can kill the process or make a step wrong. `POSTERN_FAILPOINT` selects one:
// `before-commit:17` kills the process before the 17th commit, `after-answer:1` after the first
// answer; `without-commit:3` skips every third commit; `early-answer:3` does every third answer
// before the step that it must wait for; `hang-policy:2` never ends the second reading of the
// policy file. A release build has none of this.

#if DEBUG
  internal import Glibc
  internal import Synchronization
#endif

/// A step of every change, with a fail point before it and one after it.
package enum FailPoint: String {
  case decide, append, apply, commit, publish, answer
  /// Reading the policy file, which no change needs.
  case policy
  /// The end of the command line's program.
  case exit
  /// A statement by which a fleet's log is uploaded or repaired.
  case upload

  /// The step begins now.
  @inline(__always)
  package func before() {
    #if DEBUG
      if Armed.isReached(.before, self) { kill(getpid(), SIGKILL) }
    #endif
  }

  /// The step is done.
  @inline(__always)
  package func after() {
    #if DEBUG
      if Armed.isReached(.after, self) { kill(getpid(), SIGKILL) }
    #endif
  }

  /// Whether to skip the step. With it, the trials prove that they detect a missing step.
  @inline(__always)
  package var isLeftOut: Bool {
    #if DEBUG
      return Armed.isReached(.without, self)
    #else
      return false
    #endif
  }

  /// Never returns if a test asks for it, as a call to a network's file system may do.
  @inline(__always)
  package func hang() {
    #if DEBUG
      if Armed.isReached(.hang, self) { while true { pause() } }
    #endif
  }

  /// Does the step too early if a trial asks for it, for the same reason. The step that it should
  /// have waited for follows some milliseconds later, so that other processes can see the
  /// difference.
  @inline(__always)
  package func early(_ step: () -> Void) {
    #if DEBUG
      guard Armed.isReached(.early, self) else { return }
      step()
      usleep(Armed.earlyMicroseconds)
    #endif
  }
}

#if DEBUG
  /// The selected fail point.
  private enum Armed {
    enum Place: String {
      case before, after, without, early, hang
    }

    static let earlyMicroseconds: UInt32 = 20_000

    private static let counted = Atomic<Int>(0)
    private static let armed = parse(ProcessVariable.failPoint)

    static func isReached(_ place: Place, _ step: FailPoint) -> Bool {
      guard let armed, armed.place == place, armed.step == step else { return false }
      let count = counted.add(1, ordering: .relaxed).newValue
      let isRepeated = place == .without || place == .early
      return isRepeated ? count % armed.count == 0 : count == armed.count
    }

    private static func parse(_ text: String?) -> (place: Place, step: FailPoint, count: Int)? {
      guard let text else { return nil }
      let words = text.split(whereSeparator: { $0 == "-" || $0 == ":" }).map(String.init)
      guard words.count == 3, let place = Place(rawValue: words[0]),
        let step = FailPoint(rawValue: words[1]), let count = Int(words[2]), count > 0
      else { fatalError("POSTERN_FAILPOINT is not like before-commit:17 but `\(text)`") }
      return (place, step, count)
    }
  }

  private enum ProcessVariable {
    // SAFETY: nothing changes the environment after the start, and the value is copied.
    static var failPoint: String? {
      unsafe getenv("POSTERN_FAILPOINT").map { unsafe String(cString: $0) }
    }
  }
#endif
