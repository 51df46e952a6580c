package import Messages
package import RPC
package import Services

/// All limits of the daemon. Past a limit a caller gets a clear status, or its connection is
/// closed; memory does not grow.
package struct Limits: Sendable {
  /// The open connections. Default: 8,192.
  package var connections = 8192
  /// How many of them are reserved for root, the daemon's own user and operators, so that an
  /// operator can act when others have taken the rest. Default: 16.
  package var reservedConnections = 16
  /// The descriptors that the process may have open.
  package var descriptors = Int.max
  /// The connections that there are descriptors for, beside those that the daemon needs itself.
  package var possibleConnections: Int { min(connections, max(2, descriptors - 64)) }
  /// The reserved connections: half of all at most.
  package var keptConnections: Int { min(reservedConnections, possibleConnections / 2) }
  /// The connections that are not reserved.
  package var openConnections: Int { possibleConnections - keptConnections }
  /// The open connections of one user id; root and the daemon's own user are exempt, so that an
  /// operator can always get in. Default: 2,048.
  package var connectionsPerUser = 2048
  /// The limits of a connection's framing.
  package var framing = FramingLimits()
  /// The bytes of answers that wait for a peer to read them; past it the peer is not read either,
  /// until it has taken half. Default: 1 MiB.
  package var outputBytes = 1 << 20
  /// What all connections together may hold for their peers: unfinished requests and unread
  /// answers. Past it the daemon closes the largest connection of the user that holds the most.
  /// Default: 256 MiB.
  package var bufferBytes = 256 << 20
  /// The limits on decoding one request.
  package var decode = DecodeLimits.requests
  /// The limits of the services.
  package var services = ServiceLimits()
  /// The commands that wait for the writer; those of one local user are at most half of what the
  /// others leave. Default: 65,536.
  package var waitingCommands = 65_536
  /// What they hold together in bytes, of which one local user has as much. Default: 64 MiB.
  package var waitingBytes = 64 << 20
  /// The answers that wait for the whole fleet; those of one local user are at most half of what
  /// the others leave. Default: 4,096.
  package var fleetWaits = 4096
  /// The keys under which one worker counts uses of tokens between two batches: token, method, day
  /// and local user; zero counts nothing. Default: 131,072, which takes 10 MiB when all are used,
  /// and as much again while the batch before is written.
  package var usageKeys = 131_072
  /// What all workers together keep of the tokens that they have read, in bytes; below 64 KiB for
  /// each it is nothing. Memory is taken as tokens are used. Default: 128 MiB, for a million tokens
  /// with short ids.
  package var tokenCacheBytes = 128 << 20
  /// How often uses of tokens are written, which a crash can lose. Default: 10 s.
  package var usageIntervalNanoseconds: Int64 = 10_000_000_000
  /// How many days usage is kept, beside the sums of each token; zero for ever. Default: 35.
  package var usageRetentionDays = 35
  /// How long a worker works before it looks for messages, timers and new arrivals again; a
  /// connection gets a quarter of it, and so does a query that looks through many rows. Default:
  /// 1 ms.
  package var turnNanoseconds: Int64 = 1_000_000
  /// The quarter of a turn that one user's connections get.
  var sliceNanoseconds: Int64 { turnNanoseconds / 4 }
  /// After this time the writer begins no further command in a transaction, or sooner where commits
  /// are quick, see `BatchTime`. This, one command and the commit is how long a caller waits for
  /// the commands of others. No setting.
  package var batchNanoseconds: Int64 = 5_000_000
  /// The same in a fleet, where each transaction costs a round trip to the database as well.
  package var fleetBatchNanoseconds: Int64 = 10_000_000
  /// The queries of one user that take a worker more than a turn, at once and on one worker. The
  /// first of them runs, and keeps the revision that it began with; the others wait. Default: 64.
  package var unfinishedQueries = 64
  /// How long a new connection may take until its protocol is known. Default: 5 s.
  package var handshakeNanoseconds: Int64 = 5_000_000_000
  /// How long a connection may be silent with no call open; zero for as long as it likes, which is
  /// the default: a ttrpc client that waits costs 3 KB, a gRPC client 19 KB.
  package var idleNanoseconds: Int64 = 0
  /// How long a peer may leave answers without taking a byte of them; zero for as long as it likes.
  /// Default: 60 s.
  package var stallNanoseconds: Int64 = 60_000_000_000
  /// How long calls in flight may take to finish when the daemon stops. Default: 10 s.
  package var drainNanoseconds: Int64 = 10_000_000_000
  /// The largest size of the ledger on the disk. Default: 64 GiB.
  package var ledgerBytes = 64 << 30

  package init() {}
}
