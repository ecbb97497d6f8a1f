using Penstock.Drivers.Tests.Polling;
using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.Contract;

/// <summary>How a <see cref="BlockingDriver"/> counts its reader's patience.</summary>
public sealed class BlockingSliceTests : IDisposable
{
    private static readonly SlotKey Key = new(0, 1);

    private readonly BlockingDriver _driver = new(LoopClock.System, new DriverLimits(1), maxEmptySlices: 3);
    private readonly ConnectedPair _pair = new();

    public BlockingSliceTests() =>
        _driver.Attach(Key, SocketHandle.FromDescriptor(Libc.Duplicate(_pair.Descriptor)));

    [Fact]
    public void A_peer_that_was_silent_for_all_slices_in_a_row_is_given_up()
    {
        Assert.Null(NextResult());
        Assert.Null(NextResult());
        Assert.Equal(-Errno.ECANCELED, NextResult());
    }

    [Fact]
    public void Whatever_arrives_starts_the_count_again()
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.Null(NextResult());
            Assert.Null(NextResult());
            _pair.SendFromFar();
            Assert.Equal(1, NextResult());
        }

        Assert.Null(NextResult());
    }

    [Fact]
    public void Waking_the_thread_all_the_time_does_not_make_a_silent_peer_less_silent()
    {
        LoopClock clock = LoopClock.System;
        long patience = clock.Now + clock.ToTimestamps(TimeSpan.FromSeconds(20));
        int? result = null;
        while (result is null && clock.Now < patience)
        {
            _driver.Wake();
            result = NextResult();
        }

        Assert.Equal(-Errno.ECANCELED, result);
    }

    [Fact]
    public void A_paused_peer_is_not_waited_for_and_so_not_given_up()
    {
        Assert.Null(NextResult());
        Assert.Null(NextResult());
        _driver.PauseReceive(Key);
        Assert.Null(NextResult(TimeSpan.FromMilliseconds(100)));
        _driver.ResumeReceive(Key);
        Assert.Null(NextResult());
        Assert.Null(NextResult());
        Assert.Equal(-Errno.ECANCELED, NextResult());
    }

    public void Dispose()
    {
        _driver.Dispose();
        _pair.Dispose();
    }

    /// <summary>The result that one wait brings: a slice, unless something is there or a deadline is given.</summary>
    private int? NextResult(TimeSpan? deadline = null)
    {
        LoopClock clock = LoopClock.System;
        _driver.Wait(deadline is { } limit ? clock.Now + clock.ToTimestamps(limit) : LoopClock.Never);
        return _driver.TryNext(out Completion completion) ? completion.Result : null;
    }
}
