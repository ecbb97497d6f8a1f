namespace Penstock.Connections;

/// <summary>What is staged for the peers of one loop and was not taken by the kernel yet.</summary>
/// <param name="Bytes">Over all connections.</param>
/// <param name="LargestBytes">The most of a single one: how far the slowest reader is behind.</param>
internal readonly record struct SendBacklog(long Bytes, long LargestBytes);
