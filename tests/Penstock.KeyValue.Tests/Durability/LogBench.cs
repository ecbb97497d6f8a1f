using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Durability.Files;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>A log that is turned by hand, and can be left as a crash would leave it.</summary>
internal sealed class LogBench : IDisposable
{
    private readonly TemporaryDirectory _place = new();
    private readonly DataDirectory _directory;
    private readonly AppendLog _log;
    private readonly LogRecordBuilder _record = new();

    public LogBench(SyncPolicy sync)
    {
        _directory = DataDirectory.Open(_place.Path, Disk.System);
        _log = new AppendLog(1, _directory.OpenSegment, sync, TimeProvider.System);
    }

    public AppendLog Log => _log;

    public string Path => _place.Log;

    /// <summary>Adds and writes one record; under <c>always</c> it is on the disk then.</summary>
    public void Set(string key, ReadOnlySpan<byte> value)
    {
        _record.Set(System.Text.Encoding.UTF8.GetBytes(key), value, expiresAt: 0);
        _log.Append(_record);
        _log.Step();
    }

    /// <summary>The file as it is now.</summary>
    public byte[] Bytes => Read(Path);

    /// <summary>The bytes of a file that is locked, which the runtime would not open.</summary>
    public static byte[] Read(string path)
    {
        using DiskDirectory directory = Disk.System.TryOpenDirectory(System.IO.Path.GetDirectoryName(path)!)!;
        using DiskFile file = directory.TryOpen(System.IO.Path.GetFileName(path), FileAccess.Read)!;
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.ReadFully(bytes, 0));
        return bytes;
    }

    /// <summary>The keys that a start over such a log would bring back, or why there would be none.</summary>
    public static string Recover(byte[] log)
    {
        using var place = new TemporaryDirectory();
        File.WriteAllBytes(System.IO.Path.Combine(place.Path, "log-00000001"), log);
        using DataDirectory directory = DataDirectory.Open(place.Path, Disk.System);
        using var keyspace = new Keyspace(users: 1);
        try
        {
            Recovery.Load(directory, keyspace);
        }
        catch (InvalidDataException exception)
        {
            return exception.Message[place.Path.Length..];
        }

        IEnumerable<string> keys = keyspace.Shards.SelectMany(shard =>
            Enumerable.Range(0, shard.Count).Select(i => System.Text.Encoding.UTF8.GetString(shard[i].Key)));
        return string.Join(' ', keys.Order());
    }

    public void Dispose()
    {
        _log.Dispose();
        _directory.Dispose();
        _place.Dispose();
    }
}
