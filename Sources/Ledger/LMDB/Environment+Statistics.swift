internal import CLMDB

extension Environment {
  /// How much of an environment's resources is taken.
  package struct Statistics: Sendable, Equatable {
    /// Up to the highest page ever used. Freed pages are reused, never given back, so this is a
    /// high-water mark: the store can accept writes although it equals `mapSizeBytes`.
    package let usedBytes: Int

    /// The size that the store can't outgrow.
    package let mapSizeBytes: Int

    /// The highest number of reader slots ever in use at once.
    package let readers: Int

    package let maximumReaders: Int

    /// The number of the last commit.
    package let commits: Int
  }

  /// The flags that LMDB works by, as it says itself.
  package var flags: UInt32 {
    var flags: UInt32 = 0
    // SAFETY: the call only fills what it is given.
    unsafe mdb_env_get_flags(handle, &flags)
    return flags
  }

  package var statistics: Statistics {
    // SAFETY: both calls only fill the structs, and only fail without a handle.
    var information = unsafe MDB_envinfo()
    unsafe mdb_env_info(handle, &information)
    var status = MDB_stat()
    unsafe mdb_env_stat(handle, &status)
    return Statistics(
      usedBytes: unsafe (information.me_last_pgno + 1) * Int(status.ms_psize),
      mapSizeBytes: unsafe information.me_mapsize,
      readers: unsafe Int(information.me_numreaders),
      maximumReaders: unsafe Int(information.me_maxreaders),
      commits: unsafe information.me_last_txnid
    )
  }
}
