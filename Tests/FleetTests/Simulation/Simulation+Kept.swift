internal import Fleet
internal import TestSupport

// Clients of a host that keep answers, by the page of counters of its daemon. They go on while the
// daemon is stopped, and sleep only with the machine. Their steps have a clock and dice of their
// own, so that the rest of a simulation is as without them.

/// What a daemon shows to clients: as `EpochPage`, with one counter for everything.
final class SimulatedPage {
  /// Odd while rows are being stored.
  var counter = 0
  /// By CLOCK_BOOTTIME.
  var leaseNanoseconds: Int64 = .min
  /// The daemon has died: the kernel has marked it.
  var isMarked = false
}

/// A client, in the middle of a use or between two.
struct KeptClient {
  /// An answer that it keeps.
  struct Entry {
    let page: SimulatedPage
    let counter: Int
    let chain: [Int]
  }

  enum Step {
    case begin
    /// The lease is loaded, or in place of it the counter.
    case loaded(leaseNanoseconds: Int64, counter: Int?)
    /// A worker has answered from this, and has not loaded the counter yet.
    case answered(SimulatedPage, chain: [Int])
  }

  var step = Step.begin
  var entry: Entry?
  /// What the present use must be answered from.
  var floor: (revision: Int, entry: Int) = (0, 0)
  /// CLOCK_BOOTTIME at the end of the use before: what a loop over uses might read once.
  var turnNanoseconds: Int64 = 0
}

extension Simulation {
  func planClient(of host: SimulatedHost) {
    host.client.turnNanoseconds = host.clocksAhead(to: now).boottime
    guard !isQuiet, scenario.focus != .starving else { return }
    let mean = scenario.leaseNanoseconds / (scenario.focus == .crowd ? 2 : 16)
    queue.add(.client(host.index), at: now + clientRandom.until(mean: mean))
  }

  private func goOn(_ host: SimulatedHost) {
    // Now and then it is stopped itself.
    let isStopped = clientRandom.happens(20)
    let delay =
      isStopped
      ? clientRandom.until(mean: scenario.leaseNanoseconds / 2) : clientRandom.until(mean: 10_000)
    queue.add(.client(host.index), at: now + delay)
  }

  func client(_ host: SimulatedHost) {
    switch host.client.step {
    case .begin: beginUse(host)
    case .loaded(let lease, let counter): look(host, leaseNanoseconds: lease, counter: counter)
    case .answered(let page, let chain): keep(host, page, chain: chain)
    }
  }

  private func beginUse(_ host: SimulatedHost) {
    host.client.floor = floor(at: host)
    guard let entry = host.client.entry else { return ask(host) }
    if entry.page.isMarked, rules.pageEndsWithProcess {
      host.client.entry = nil
      return ask(host)
    }
    let lease = entry.page.leaseNanoseconds
    host.client.step = .loaded(
      leaseNanoseconds: rules.clientLoadsLeaseFirst ? lease : 0,
      counter: rules.clientLoadsLeaseFirst ? nil : entry.page.counter)
    goOn(host)
  }

  /// The rest of the look at a kept answer, and its use.
  private func look(_ host: SimulatedHost, leaseNanoseconds: Int64, counter: Int?) {
    guard let entry = host.client.entry else { return violate("a look at nothing") }
    let lease = counter == nil ? leaseNanoseconds : entry.page.leaseNanoseconds
    let time =
      rules.clientReadsClockLast
      ? host.clocksAhead(to: now).boottime : host.client.turnNanoseconds
    let isInLease = time < lease || !rules.pageHasLease
    guard isInLease, (counter ?? entry.page.counter) == entry.counter else {
      host.client.entry = nil
      return ask(host)
    }
    check(host, entry.chain, "kept")
    host.client.step = .begin
    planClient(of: host)
  }

  private func ask(_ host: SimulatedHost) {
    host.client.step = .begin
    guard let process = host.process, now >= host.pausedUntil,
      peekClock(host, process) < process.leaseUntilNanoseconds
    else { return planClient(of: host) }
    check(host, host.chain, "asked for")
    host.client.step = .answered(process.page, chain: host.chain)
    goOn(host)
  }

  /// The worker lets the client keep an answer, if nothing came behind it.
  private func keep(_ host: SimulatedHost, _ page: SimulatedPage, chain: [Int]) {
    host.client.step = .begin
    planClient(of: host)
    guard !page.isMarked, page.counter % 2 == 0, host.chain.count <= chain.count else { return }
    host.client.entry = KeptClient.Entry(page: page, counter: page.counter, chain: chain)
  }

  private func check(_ host: SimulatedHost, _ chain: [Int], _ how: String) {
    let floor = host.client.floor
    let visible = database.visible.chain
    // What the log has forgotten since is owed no more.
    guard floor.revision > 0, floor.revision <= visible.count,
      visible[floor.revision - 1] == floor.entry
    else { return }
    guard floor.revision > chain.count || chain[floor.revision - 1] != floor.entry else { return }
    violate(
      "a client of host \(host.index) uses what it \(how) at revision \(chain.count), "
        + "\(floor.revision) is owed (old: \(promises.oldRevision), "
        + "reached: \(promises.reachedRevision))")
  }

  /// Shows the lease to clients, as the daemon does after each event.
  func showLease(_ host: SimulatedHost, _ process: SimulatedProcess) {
    let (end, time) = (process.leaseUntilNanoseconds, peekClock(host, process))
    guard end > time else { return process.page.leaseNanoseconds = .min }
    let remaining = rules.pageLeaseAllowsForSlew ? (end - time) / 8 * 7 : end - time
    process.page.leaseNanoseconds = host.clocksAhead(to: now).boottime + remaining
  }

  /// The host's clock, which does not notice the look.
  private func peekClock(_ host: SimulatedHost, _ process: SimulatedProcess) -> Int64 {
    let (boottime, raw) = host.clocksAhead(to: now)
    if !rules.usesRaw { return boottime }
    if !rules.sumsStretches {
      return process.began.boottime
        + max(boottime - process.began.boottime, raw - process.began.raw)
    }
    return process.clock.time(boottimeNanoseconds: boottime, rawNanoseconds: raw)
  }
}
