internal import EpochPage
package import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Synchronization

extension PosternServices {
  // For operators.
  func getMetrics(
    _ request: PosternV1.GetMetricsRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.GetMetricsResponse.Builder
  ) throws(Status) {
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "reading the metrics")
    response.setOpenMetricsText(
      metricsText(snapshot, prefix: String(copying: request.namePrefix)))
  }

  /// The metrics, of the families whose names begin with `prefix`, as OpenMetrics text.
  package func metricsText(_ snapshot: borrowing Snapshot, prefix: String = "") -> String {
    var text = OpenMetricsText(prefix: prefix)
    writeCalls(into: &text)
    writeTraffic(into: &text)
    writeWriter(into: &text)
    writeUsage(into: &text)
    writeKeptAnswers(into: &text)
    writeRecords(into: &text)
    writeLedger(snapshot, into: &text)
    writeFleet(snapshot, into: &text)
    writeDaemon(into: &text)
    return text.text
  }

  private static var labelled: [(index: Int?, name: String)] {
    Method.allCases.map { method in
      (method.rawValue, method.descriptor.service + "/" + method.descriptor.name)
    } + [(nil, "unknown")]
  }

  private func writeCalls(into text: inout OpenMetricsText) {
    let workers = status.metrics.workers
    text.family("postern_calls", .counter, help: "Calls answered, by method, protocol and status.")
    for (index, name) in Self.labelled {
      for wire in WireProtocol.allCases {
        for code in StatusCode.allCases {
          let count = workers.reduce(0) { $0 + $1.calls(of: index).count(wire, code) }
          guard count > 0 else { continue }
          text.sample(
            "\(count)", suffix: "_total",
            labels: [("method", name), ("protocol", wire.name), ("status", code.name)])
        }
      }
    }
    text.family(
      "postern_call_duration_seconds", .histogram,
      help: "Time from taking a call to its answer; a command waits for the commit.",
      unit: "seconds")
    for (index, name) in Self.labelled {
      var reading = HistogramReading(
        bounds: CallMetrics.bounds,
        counts: Array(repeating: 0, count: CallMetrics.bounds.count + 1), total: 0)
      for worker in workers { reading.join(worker.calls(of: index).durationNanoseconds.reading) }
      if reading.count > 0 {
        text.histogram(reading, labels: [("method", name)], scale: 1_000_000_000)
      }
    }
  }

  private func writeTraffic(into text: inout OpenMetricsText) {
    let workers = status.metrics.workers
    text.family("postern_received_bytes", .counter, help: "Bytes read from peers.", unit: "bytes")
    text.sample("\(workers.reduce(0) { $0 + $1.receivedBytes.current })", suffix: "_total")
    text.family("postern_sent_bytes", .counter, help: "Bytes written to peers.", unit: "bytes")
    text.sample("\(workers.reduce(0) { $0 + $1.sentBytes.current })", suffix: "_total")
    text.family("postern_connections", .gauge, help: "Open connections.")
    text.sample("\(status.connections.load(ordering: .relaxed))")
    text.family(
      "postern_buffer_bytes", .gauge,
      help: "Memory held for peers: unfinished requests, unread answers.",
      unit: "bytes")
    text.sample("\(workers.reduce(0) { $0 + $1.bufferBytes.current })")
    text.family(
      "postern_longest_turn_seconds", .gauge,
      help: "The longest time between two looks of a worker for new work.",
      unit: "seconds")
    let longest = workers.map { $0.longestTurnNanoseconds.current }.max() ?? 0
    text.sample(OpenMetricsText.quotient(longest, 1_000_000_000))
    text.family(
      "postern_refused_connections", .counter, help: "Connections refused or ended, by reason.")
    for (reason, count) in status.metrics.refusals.current {
      text.sample("\(count)", suffix: "_total", labels: [("reason", reason)])
    }
  }

  private func writeWriter(into text: inout OpenMetricsText) {
    let writer = status.metrics.writer
    text.family("postern_batch_commands", .histogram, help: "Commands decided in one transaction.")
    text.histogram(writer.batchCommands.reading)
    text.family(
      "postern_commit_duration_seconds", .histogram, help: "Time of a commit, its sync included.",
      unit: "seconds")
    text.histogram(writer.commitNanoseconds.reading, scale: 1_000_000_000)
  }

  private func writeUsage(into text: inout OpenMetricsText) {
    let metrics = status.metrics
    text.family(
      "postern_usage_rows", .counter, help: "Counts of uses of tokens written to the ledger.")
    text.sample("\(metrics.writer.usageRows.current)", suffix: "_total")
    text.family(
      "postern_usage_lost", .counter, help: "Uses of tokens that the usage leaves out, by reason.")
    for (reason, count) in [
      ("max-usage-keys", metrics.writer.uncountedUses.current),
      ("ledger-full", metrics.writer.droppedUses.current),
    ] {
      text.sample("\(count)", suffix: "_total", labels: [("reason", reason)])
    }
  }

  private func writeKeptAnswers(into text: inout OpenMetricsText) {
    let counts = status.metrics.workers.map(\.kept)
    func sum(_ count: (KeptMetrics) -> UInt64) -> String {
      "\(counts.reduce(0) { $0 + count($1) })"
    }
    text.family(
      "postern_epoch_page", .gauge,
      help: "1 if clients get a page of counters by which they can keep answers.")
    text.sample(status.epochs == nil ? "0" : "1")
    text.family(
      "postern_epoch_page_readers", .counter, help: "How often the page was handed to a client.")
    text.sample(sum { $0.readers.current }, suffix: "_total")
    text.family(
      "postern_epoch_moves", .counter,
      help: "How often a counter of the page was moved, since a change touched it.")
    text.sample("\(status.epochs?.counters.movedCount ?? 0)", suffix: "_total")
    text.family(
      "postern_kept_answers", .counter,
      help: "Answers about active tokens that clients wanted to keep, by what became of that.")
    text.sample(sum { $0.given.current }, suffix: "_total", labels: [("outcome", "given")])
    text.sample(sum { $0.refused.current }, suffix: "_total", labels: [("outcome", "refused")])
    text.family(
      "postern_kept_uses", .counter, help: "Uses of kept answers that clients have reported.")
    text.sample(sum { $0.uses.current }, suffix: "_total")
    text.family(
      "postern_refused_use_reports", .counter,
      help: "Items of reports of uses with a receipt that is not good.")
    text.sample(sum { $0.refusedItems.current }, suffix: "_total")
  }

  private func writeRecords(into text: inout OpenMetricsText) {
    let counts = status.metrics.workers.map(\.records)
    func sum(_ count: (RecordMetrics) -> UInt64) -> String {
      "\(counts.reduce(0) { $0 + count($1) })"
    }
    text.family(
      "postern_token_reads", .counter, help: "Looks at a token, by where it was found.")
    text.sample(sum { $0.hits.current }, suffix: "_total", labels: [("from", "memory")])
    text.sample(sum { $0.misses.current }, suffix: "_total", labels: [("from", "ledger")])
    text.family(
      "postern_token_cache_bytes", .gauge, help: "Memory that holds tokens which were used.",
      unit: "bytes")
    text.sample(sum { $0.bytes.current })
  }

  private func writeLedger(_ snapshot: borrowing Snapshot, into text: inout OpenMetricsText) {
    text.family("postern_ledger_bytes", .gauge, help: "Size of the ledger on disk.", unit: "bytes")
    text.sample("\(status.ledgerBytes())")
    text.family(
      "postern_ledger_limit_bytes", .gauge, help: "The size that the ledger may have.",
      unit: "bytes")
    text.sample("\(status.ledgerLimitBytes)")
    text.family(
      "postern_ledger_full", .gauge,
      help: "1 while the ledger has room only for changes that take rights away.")
    text.sample(status.isLedgerFull.load(ordering: .relaxed) ? "1" : "0")
    text.family(
      "postern_ledger_failed", .gauge,
      help: "1 when the ledger is not written any more, because a sync failed.")
    text.sample(status.isLedgerFailed.load(ordering: .relaxed) ? "1" : "0")
    text.family(
      "postern_reader_lag", .gauge,
      help:
        "Commits since the oldest view that a reader holds: pages freed since can't be used again.")
    text.sample("\(status.readerLag())")
    text.family(
      "postern_ledger_damaged", .gauge,
      help: "1 when the last look at the whole ledger has found damage.")
    text.sample(status.ledgerDamage.withLock { $0.isEmpty } ? "0" : "1")
    text.family(
      "postern_ledger_damaged_reads", .counter,
      help: "Reads of rows with a wrong checksum; the calls that need them fail.")
    text.sample("\(snapshot.damagedReads)", suffix: "_total")
    text.family(
      "postern_host_file_renewals", .counter,
      help: "How often the file `host` beside the ledger was missing or replaced.")
    text.sample("\(status.hostFileRenewals())", suffix: "_total")
    text.family("postern_revision", .gauge, help: "The newest revision.")
    text.sample("\(snapshot.revision)")
    text.family("postern_tokens", .gauge, help: "Tokens in the ledger, whatever their state.")
    text.sample("\(snapshot.rowCount(snapshot.tables.tokens))")
  }

  private func writeDaemon(into text: inout OpenMetricsText) {
    text.family(
      "postern_lost_log_lines", .counter,
      help: "Lines of the log that standard error did not accept.")
    text.sample("\(status.lostLogLines())", suffix: "_total")
    text.family(
      "postern_policy_file_broken", .gauge,
      help: "1 while the policy file is broken, missing, or not the policy in force.")
    text.sample(status.policyFileProblem.withLock { $0.isEmpty } ? "0" : "1")
    let names = status.metrics.socketNames
    text.family(
      "postern_missing_sockets", .gauge,
      help: "Sockets whose path is missing: no process can connect to them.")
    text.sample("\(names.missingCount)")
    text.family(
      "postern_rebound_sockets", .counter,
      help: "Sockets bound again, because their path was missing.")
    text.sample("\(names.boundAnewCount)", suffix: "_total")
    text.family(
      "postern_start_time_seconds", .gauge, help: "When the daemon started.", unit: "seconds")
    text.sample(
      OpenMetricsText.quotient(UInt64(status.startedAtNanoseconds), 1_000_000_000))
    text.family(
      "postern_clock_offset_seconds", .gauge,
      help: "How far the wall clock is ahead of the ledger's time; negative if it is behind.",
      unit: "seconds")
    let ahead = status.clock.reading().aheadNanoseconds
    text.sample(
      (ahead < 0 ? "-" : "") + OpenMetricsText.quotient(ahead.magnitude, 1_000_000_000))
    text.family("postern_build", .info, help: "The version of the daemon.")
    text.sample("1", suffix: "_info", labels: [("version", status.version)])
  }
}
