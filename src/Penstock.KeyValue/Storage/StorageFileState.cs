namespace Penstock.KeyValue.Storage;

/// <summary>How sound a stored file is.</summary>
public enum StorageFileState
{
    /// <summary>Every byte of it counts.</summary>
    Whole,

    /// <summary>
    /// It ends with bytes that are no records and were never known to be on the disk, as a crash leaves them. A server
    /// cuts them off when it starts.
    /// </summary>
    Unfinished,

    /// <summary>Something in it is not as it was written, and it had been on the disk.</summary>
    Damaged,

    /// <summary>It is not there, and must have been.</summary>
    Missing,
}
