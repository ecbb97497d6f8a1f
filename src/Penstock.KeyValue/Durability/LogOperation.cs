namespace Penstock.KeyValue.Durability;

/// <summary>What a log record can say. The numbers are the file format.</summary>
internal enum LogOperation : byte
{
    /// <summary>Key, expiry (i64), length (i32), value.</summary>
    Set = 1,

    /// <summary>Key, offset (i32), length (i32), bytes.</summary>
    Write = 2,

    /// <summary>Key.</summary>
    Delete = 3,

    /// <summary>Key, expiry (i64).</summary>
    Expire = 4,

    /// <summary>An empty key.</summary>
    Clear = 5,

    /// <summary>An empty key, then the number of entries (i64): the last record of a snapshot.</summary>
    SnapshotEnd = 6,

    /// <summary>No key: <see cref="LogFormat"/> has its layout. Always a record of its own.</summary>
    Mark = 7,
}
