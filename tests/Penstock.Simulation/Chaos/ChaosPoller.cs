using Penstock.Polling;

namespace Penstock.Simulation.Chaos;

/// <summary>
/// A real poller whose reports are merged, split, shuffled, held back, repeated and invented: everything that the
/// contract of <see cref="Poller"/> allows and that a kernel does rarely enough to be forgotten. Nothing is ever lost.
/// </summary>
/// <param name="inner">What really watches the descriptors.</param>
/// <param name="chance">Decides what is disturbed.</param>
/// <param name="rate">How often.</param>
/// <param name="mayHold">
/// Whether reports may come later than they were made. Not those of a one-shot trigger: until the caller has seen that
/// a registration fired, it would go on to modify what is not there any more.
/// </param>
internal sealed class ChaosPoller(Poller inner, SeededGenerator chance, double rate, bool mayHold) : Poller
{
    private const int MaxEvents = 64;

    private static readonly Readiness[] Inventions =
    [
        Readiness.Readable,
        Readiness.Writable,
        Readiness.Readable | Readiness.Writable,
        Readiness.Error,
        Readiness.HangUp,
        Readiness.Readable | Readiness.ReadClosed,
        Readiness.Writable | Readiness.Error | Readiness.HangUp,
    ];

    private readonly PollEvent[] _real = new PollEvent[MaxEvents];
    private readonly List<PollEvent> _pending = [];
    private readonly List<ulong> _keysEverUsed = [];

    public override string Name => $"chaos over {inner.Name}";

    /// <summary>Reports that were changed or made up.</summary>
    public long Disturbances { get; private set; }

    /// <summary>
    /// What goes on while the caller sleeps; returns whether anything did, and throws when it has been too long. Null
    /// when nothing will, and a sleep ends at once.
    /// </summary>
    public Func<bool>? WhileAsleep { get; set; }

    public override int Wait(Span<PollEvent> events, TimeSpan timeout)
    {
        int count = inner.Wait(_real, TimeSpan.Zero);
        if (timeout != TimeSpan.Zero)
            count = Sleep(count);
        foreach (PollEvent real in _real.AsSpan(0, count))
            Disturb(real);
        if (_keysEverUsed.Count > 0 && Strikes())
            _pending.Add(Invent());
        Shuffle();
        return TakeSome(events);
    }

    public override void Add(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level)
    {
        inner.Add(descriptor, key, interest, trigger);
        _keysEverUsed.Add(key);
    }

    public override void Modify(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level) =>
        inner.Modify(descriptor, key, interest, trigger);

    public override void Remove(int descriptor) => inner.Remove(descriptor);

    public override bool Supports(Trigger trigger) => inner.Supports(trigger);

    public override void Wake() => inner.Wake();

    protected override void Dispose(bool disposing) => inner.Dispose();

    private PollEvent Invent()
    {
        ulong key = _keysEverUsed[chance.Below(_keysEverUsed.Count)];
        return new PollEvent(key, Inventions[chance.Below(Inventions.Length)]);
    }

    /// <summary>
    /// A wait that really lasts until something is reported, as a kernel's does: a caller that sleeps with work at hand
    /// must not be woken by its own tester.
    /// </summary>
    private int Sleep(int count)
    {
        while (count == 0 && _pending.Count == 0 && WhileAsleep is not null)
        {
            bool moved = WhileAsleep();
            count = inner.Wait(_real, moved ? TimeSpan.Zero : TimeSpan.FromMilliseconds(1));
        }

        return count;
    }

    private void Disturb(PollEvent real)
    {
        const Readiness directions = Readiness.Readable | Readiness.Writable;
        int earlier = _pending.FindIndex(pending => pending.Key == real.Key);
        if (earlier >= 0 && Strikes())
        {
            _pending[earlier] = new PollEvent(real.Key, _pending[earlier].Readiness | real.Readiness);
        }
        else if ((real.Readiness & directions) == directions && Strikes())
        {
            _pending.Add(new PollEvent(real.Key, real.Readiness & ~Readiness.Writable));
            _pending.Add(new PollEvent(real.Key, Readiness.Writable));
        }
        else
        {
            _pending.Add(real);
        }

        if (Strikes())
            _pending.Add(real);
    }

    private void Shuffle()
    {
        for (int i = _pending.Count - 1; i > 0; i--)
        {
            int other = chance.Below(i + 1);
            (_pending[i], _pending[other]) = (_pending[other], _pending[i]);
        }
    }

    /// <summary>What is not taken now comes with a later wait, perhaps when its slot is somebody else's.</summary>
    private int TakeSome(Span<PollEvent> events)
    {
        int most = Math.Min(events.Length, _pending.Count);
        int count = mayHold && Strikes() ? chance.Below(most + 1) : most;
        for (int i = 0; i < count; i++)
        {
            events[i] = _pending[^1];
            _pending.RemoveAt(_pending.Count - 1);
        }

        return count;
    }

    private bool Strikes()
    {
        bool strikes = chance.Chance(rate);
        Disturbances += strikes ? 1 : 0;
        return strikes;
    }
}
