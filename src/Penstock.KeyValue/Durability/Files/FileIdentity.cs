namespace Penstock.KeyValue.Durability.Files;

/// <summary>Which file it is, whatever path leads to it.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode);
