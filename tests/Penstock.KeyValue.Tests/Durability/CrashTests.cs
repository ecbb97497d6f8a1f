using Penstock.KeyValue.Durability;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>
/// What a crash may leave of a log, and what is made of it. What was on the disk is never dropped in silence; what was
/// not does not keep a server from starting.
/// </summary>
public sealed class CrashTests
{
    private const int Page = 4_096;

    [Fact]
    public void Damage_of_the_last_acknowledged_record_is_told_from_a_torn_one_right_after_the_acknowledgement()
    {
        using var bench = new LogBench(SyncPolicy.Always);
        bench.Set("a", "1"u8);
        int start = bench.Bytes.Length;
        bench.Set("b", "2"u8);
        byte[] log = bench.Bytes;
        log[start + LogFormat.HeaderBytes + 3] ^= 1;
        Assert.StartsWith(
            $"/log-00000001 is damaged at offset {start}:", LogBench.Recover(log), StringComparison.Ordinal);
    }

    [Fact]
    public void A_zero_page_before_whole_records_does_not_keep_the_server_from_starting_behind_the_last_sync()
    {
        using var bench = new LogBench(SyncPolicy.Never);
        bench.Set("a", "1"u8);
        for (int i = 0; i < 10; i++)
            bench.Set($"b{i}", Bytes(Page));
        byte[] log = bench.Bytes;
        log.AsSpan(Page, Page).Clear();
        Assert.Equal("a", LogBench.Recover(log));
    }

    [Fact]
    public void A_zero_page_in_what_was_on_the_disk_is_refused()
    {
        using var bench = new LogBench(SyncPolicy.Always);
        bench.Set("a", "1"u8);
        for (int i = 0; i < 3; i++)
            bench.Set($"b{i}", Bytes(Page));
        byte[] log = bench.Bytes;
        log.AsSpan(Page, Page).Clear();
        Assert.Contains("is damaged at offset", LogBench.Recover(log), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_page_of_a_group_that_was_not_synced_may_be_missing()
    {
        using var synced = new LogBench(SyncPolicy.Always);
        synced.Set("a", "1"u8);
        int safe = synced.Bytes.Length;
        var record = new LogRecordBuilder();
        for (int i = 0; i < 20; i++)
        {
            record.Set([(byte)('b' + i)], Bytes(1_000), expiresAt: 0);
            synced.Log.Append(record);
        }

        synced.Log.Step();
        byte[] log = synced.Bytes;

        // Before its sync there was no mark behind the group.
        log = log[..^LogFormat.MarkBytes];
        int pages = (log.Length + Page - 1) / Page;
        for (int missing = 1; missing < 1 << pages; missing++)
        {
            byte[] left = [.. log];
            for (int page = 0; page < pages; page++)
            {
                int from = Math.Max(page * Page, safe);
                if ((missing & (1 << page)) != 0)
                    left.AsSpan(from..Math.Min((page + 1) * Page, log.Length)).Clear();
            }

            Assert.StartsWith("a", LogBench.Recover(left), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_torn_value_that_holds_a_copy_of_a_log_is_cut_off()
    {
        using var bench = new LogBench(SyncPolicy.Always);
        bench.Set("a", "1"u8);
        byte[] copy = bench.Bytes;
        bench.Set("b", copy);
        byte[] log = bench.Bytes;
        Assert.Equal("a", LogBench.Recover(log[..^(LogFormat.MarkBytes + 1)]));
    }

    [Fact]
    public void A_log_whose_making_was_cut_short_is_empty()
    {
        using var bench = new LogBench(SyncPolicy.Always);
        byte[] header = bench.Bytes;
        for (int length = 0; length <= header.Length; length++)
        {
            Assert.Equal("", LogBench.Recover(header[..length]));
            Assert.Equal("", LogBench.Recover(new byte[length]));
        }
    }

    [Fact]
    public void What_is_no_log_is_refused()
    {
        byte[] other = new byte[100];
        "PSTKKV1\n"u8.CopyTo(other);
        Assert.StartsWith("/log-00000001 is damaged at offset 0", LogBench.Recover(other), StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_sync_that_failed_nothing_says_that_it_is_on_the_disk()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FailingDisk();
        using var data = DataDirectory.Open(directory.Path, disk);
        var time = new SteppedTimestamps();
        using var log = new AppendLog(1, data.OpenSegment, SyncPolicy.EverySecond, time);
        Append(log, "a");
        log.Step();
        time.Advance(TimeSpan.FromSeconds(2));
        disk.SyncFails = true;
        Append(log, "b");
        log.Step();
        disk.SyncFails = false;
        time.Advance(TimeSpan.FromSeconds(2));
        log.Step();
        Assert.True(log.IsDoubtful);
        byte[] bytes = LogBench.Read(directory.Log);
        bytes.AsSpan(LogFormat.FileHeaderBytes, 10).Clear();
        Assert.Equal("", LogBench.Recover(bytes));
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        Array.Fill(bytes, (byte)'v');
        return bytes;
    }

    private static void Append(AppendLog log, string key)
    {
        var record = new LogRecordBuilder();
        record.Set(System.Text.Encoding.UTF8.GetBytes(key), "1"u8, expiresAt: 0);
        log.Append(record);
    }

    /// <summary>A clock whose timestamps are what the test says.</summary>
    private sealed class SteppedTimestamps : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;

        public override long GetTimestamp() => _ticks;
    }
}
