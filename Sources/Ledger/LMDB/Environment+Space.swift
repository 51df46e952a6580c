// Room for writes that can't fail for want of it.
//
// LMDB writes pages at their places in the file. The file is allocated ahead of what is used, so
// that such a write finds its blocks there: a full disk shows when the file is to grow, before a
// transaction, and not as a commit that comes up short. A part of what is allocated or free is a
// reserve, which only what takes rights away may use.
//
// Every token is to be revoked one by one on a store that is full, up to a number of them that is
// promised. So the reserve grows with each token.
//
// Hazard: on file systems that copy on write (btrfs, zfs) blocks that are allocated do not promise
// that they can be written again. There a commit can still fail for want of room; it is dropped.

internal import CLMDB
internal import Glibc
package import Platform

/// What keeps a store from growing.
package enum StoreBound: Sendable, Equatable {
  /// Nothing, as far as is known.
  case none
  /// The store may not outgrow its map of `bytes`.
  case map(bytes: Int)
  /// The disk gives it no further block, for a reason; `freeBytes` are what it says that it has.
  case disk(freeBytes: Int, reason: Errno)
}

/// How much can be written before a store has to grow, and cannot.
package struct StoreRoom: Sendable, Equatable {
  /// The bytes of pages that are allocated or free, or fewer.
  package let bytes: Int
  /// What of it is kept for changes that only take away.
  package let reserveBytes: Int
  package let bound: StoreBound

  package init(bytes: Int, reserveBytes: Int, bound: StoreBound) {
    self.bytes = bytes
    self.reserveBytes = reserveBytes
    self.bound = bound
  }

  /// What every change may use.
  package var openBytes: Int { bytes - reserveBytes }

  /// Whether there is room for what no caller has asked for, such as records of use and of denied
  /// attempts. These stop before changes must, but not where the store can still grow.
  package var hasMuch: Bool { bound == .none || openBytes >= min(reserveBytes / 2, 1 << 20) }

  /// Whether what is left is little more than the reserve, and more can't be had.
  package var isScarce: Bool { bound != .none && openBytes < min(1 << 20, reserveBytes / 8) }
}

/// How far the file is allocated. The writer's thread changes it, between transactions.
struct StoreAllocation: Sendable {
  var bytes = 0
  /// Until when no further block is asked for, because the disk had none.
  var pausedUntilNanoseconds: Int64 = 0
  var bound = StoreBound.none
}

extension Environment {
  /// The file grows by as much as is used, but not by less or more than this. A disk that has not
  /// as much is asked for less.
  private static let stepBytes = (minimum: 1 << 20, maximum: 16 << 20)
  /// How much every change shall find allocated: half of what is used, but not less or more.
  private static let aheadBytes = (minimum: 2 << 20, maximum: 8 << 20)
  /// How long a disk that had no block is not asked again.
  private static let pauseNanoseconds: Int64 = 1_000_000_000

  /// What is kept back in a store that uses so many bytes: as much again, from 2 to 64 MiB, but no
  /// more than a quarter of the map; and if that is more, what is owed, beside the pages that are
  /// copied, but no more than half of the map.
  static func reserveBytes(usedBytes: Int, owedBytes: Int, mapSizeBytes: Int) -> Int {
    let quarter = mapSizeBytes / 4
    let owed = owedBytes + min(2 << 20, quarter)
    return max(min(max(usedBytes, 2 << 20), 64 << 20, quarter), min(owed, mapSizeBytes / 2))
  }

  /// Makes room ahead where there is little, and says how much there is. `owedBytes` are what the
  /// changes may take that must always find room. For the writer's thread, between two
  /// transactions.
  package func makeRoom(
    nowNanoseconds: Int64, owedBytes: Int = 0
  ) throws(StoreError) -> StoreRoom {
    // Else a file that was cut off would get zeros for what is missing.
    try checkLength()
    let statistics = self.statistics
    let used = statistics.usedBytes
    let reserve = Self.reserveBytes(
      usedBytes: used, owedBytes: owedBytes, mapSizeBytes: statistics.mapSizeBytes)
    let wanted =
      reserve + min(max(used / 2, Self.aheadBytes.minimum), Self.aheadBytes.maximum)
    let (allocated, bound) = allocation.withLock { allocation in
      allocation.bytes = max(allocation.bytes, used)
      extend(
        &allocation, from: used, by: wanted, mapSizeBytes: statistics.mapSizeBytes,
        nowNanoseconds: nowNanoseconds)
      return (allocation.bytes, allocation.bound)
    }
    var bytes = allocated - used
    if bytes < wanted {
      // It holds back the pages that were freed since the last one.
      try checkpoint()
      try freeSlotsOfTheDead()
      do throws(StoreError) { bytes += try freeBytes(atLeast: wanted - bytes) } catch {
        // Other readers have all slots: what is free can't be counted for now.
        guard case .readersFull = error else { throw error }
      }
    }
    return StoreRoom(bytes: bytes, reserveBytes: reserve, bound: bound)
  }

  /// What one transaction can take, as far as `wanted`: allocated, free, or left on the disk.
  func availableBytes(atLeast wanted: Int) throws(StoreError) -> Int {
    let spare = allocation.withLock { $0.bytes } - statistics.usedBytes
    return max(0, spare) + freeDiskBytes + (try freeBytes(atLeast: wanted))
  }

  /// Begins with what is allocated of a file that was just opened, and fills its holes. A file that
  /// was copied may have some, and another process may have cut it.
  func adoptAllocation() {
    let size = fileBytes
    let isWhole = allocatedBlockBytes >= size || allocate(0, size) == 0
    allocation.withLock { $0.bytes = isWhole ? size : 0 }
  }

  private func extend(
    _ allocation: inout StoreAllocation, from used: Int, by wanted: Int, mapSizeBytes: Int,
    nowNanoseconds: Int64
  ) {
    let end = used + wanted
    guard allocation.bytes < end else {
      allocation.bound = .none
      return
    }
    // LMDB leaves the last page of the map alone.
    let maximum = mapSizeBytes - pageBytes
    guard allocation.bytes < maximum else {
      allocation.bound = .map(bytes: mapSizeBytes)
      return
    }
    guard nowNanoseconds >= allocation.pausedUntilNanoseconds else { return }
    var step = min(max(used, Self.stepBytes.minimum), Self.stepBytes.maximum)
    while allocation.bytes < end, allocation.bytes < maximum {
      let count = min(step, maximum - allocation.bytes)
      let code = allocate(allocation.bytes, count)
      if code == 0 {
        allocation.bytes += count
        allocation.bound = .none
      } else if step > Self.stepBytes.minimum {
        step = max(step / 4, Self.stepBytes.minimum)
      } else {
        allocation.bound = .disk(freeBytes: freeDiskBytes, reason: Errno(code))
        allocation.pausedUntilNanoseconds = nowNanoseconds + Self.pauseNanoseconds
        return
      }
    }
    if allocation.bytes < end { allocation.bound = .map(bytes: mapSizeBytes) }
  }

  /// Has the file system hold blocks for a part of the file; an error number, or 0.
  private func allocate(_ offset: Int, _ count: Int) -> Int32 {
    while true {
      let code = posix_fallocate(fileDescriptor, off_t(offset), off_t(count))
      if code != EINTR { return code }
    }
  }

  /// What the disk has left for this process; 0 where it can't be told.
  package var freeDiskBytes: Int {
    var status = statvfs()
    // SAFETY: the call only fills what it is given.
    guard unsafe fstatvfs(fileDescriptor, &status) == 0 else { return 0 }
    return Int(status.f_bavail) * Int(status.f_frsize)
  }

  /// The blocks that the file takes on the disk.
  private var allocatedBlockBytes: Int {
    var status = stat()
    // SAFETY: the call only fills what it is given.
    guard unsafe fstat(fileDescriptor, &status) == 0 else { return 0 }
    return Int(status.st_blocks) * 512
  }

  var fileDescriptor: Int32 {
    var descriptor: Int32 = -1
    // SAFETY: the call only fills what it is given; the descriptor stays the environment's.
    unsafe mdb_env_get_fd(handle, &descriptor)
    return descriptor
  }

  var pageBytes: Int {
    // SAFETY: the call only fills what it is given.
    var status = MDB_stat()
    unsafe mdb_env_stat(handle, &status)
    return Int(status.ms_psize)
  }

  /// The bytes of free pages that the next transaction can use, counted until there are `wanted`:
  /// those that no reader can still see. LMDB keeps them in a table of its own, a row for each
  /// commit that freed some: the numbers of the pages, behind their count.
  private func freeBytes(atLeast wanted: Int) throws(StoreError) -> Int {
    let oldest = oldestReaderCommit ?? statistics.commits
    let page = pageBytes
    let transaction = try ReadTransaction(self)
    var cursor = try TableCursor(borrowing: transaction, Table(identifier: 0))
    var pages = 0
    while pages * page < wanted, let row = try cursor.next() {
      guard row.key.count == 8, row.value.count >= 8,
        row.key.integer(UInt64.self, at: 0) < UInt64(oldest)
      else { break }
      pages += Int(row.value.integer(UInt64.self, at: 0))
    }
    return pages * page
  }
}
