internal import Glibc
internal import Platform
internal import Testing

@Suite struct ProcessTests {
  @Test func readsASignalAndItsSender() throws {
    let signals = try SignalDescriptor(blocking: [SIGUSR1, SIGUSR2])
    #expect(try signals.next() == nil)
    // Directed at this thread: the others of the test process don't block it.
    #expect(raise(SIGUSR2) == 0)
    let signal = try #require(try signals.next())
    #expect(signal.number == SIGUSR2)
    #expect(signal.senderProcessID == getpid())
    #expect(signal.senderUserID == getuid())
    #expect(try signals.next() == nil)
  }

  @Test func runsAThreadAndWaitsForItsEnd() throws {
    let names = Guarded<[String]>([])
    let thread = try NativeThread(name: "a-name-of-more-than-15-bytes") {
      names.withLock { $0.append("ran") }
    }
    thread.join()
    #expect(names.withLock { $0 } == ["ran"])
  }

  @Test func fillsEveryByteAtRandom() {
    // A byte that stays 0 through 16 fillings is one that isn't filled: 2^-128 otherwise.
    var seen = [UInt8](repeating: 0, count: 1000)
    for _ in 0..<16 {
      var bytes = [UInt8](repeating: 0, count: 1000)
      var span = bytes.mutableSpan
      SystemRandom.fill(&span)
      for index in bytes.indices { seen[index] |= bytes[index] }
    }
    #expect(!seen.contains(0))
  }

  @Test func clocksAdvance() {
    let first = Clock.monotonicNanoseconds()
    #expect(Clock.monotonicNanoseconds() >= first)
    // 2020-01-01: the wall clock counts from 1970, in nanoseconds.
    #expect(Clock.wallNanoseconds() > 1_577_836_800_000_000_000)
  }

  @Test func knowsItself() {
    #expect(ProcessControl.userID == geteuid())
    #expect(ProcessControl.groupID == getegid())
    #expect(ProcessControl.processID == getpid())
    #expect(ProcessControl.availableCores >= 1)
  }

  @Test func raisesTheDescriptorLimit() throws {
    let limit = try ProcessControl.raiseDescriptorLimit()
    var current = rlimit()
    #expect(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &current) == 0)
    #expect(current.rlim_cur == limit)
    #expect(current.rlim_max == limit)
  }

  @Test func leavesNoCore() async {
    await #expect(processExitsWith: .success) {
      try ProcessControl.disableCoreDumps()
      var limit = rlimit()
      let result = unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
      #expect(result == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0)
    }
  }

  @Test func aBrokenPipeDoesNotEndTheProcess() async {
    await #expect(processExitsWith: .success) {
      try ProcessControl.ignoreBrokenPipeSignal()
      let pair = try UnixConnection.socketPair()
      let first = pair.split { first, _ in first }
      let sent: [UInt8] = [1]
      #expect(throws: Errno.brokenPipe) { try first.write(sent.span) }
    }
  }
}
