using Penstock.Timing;

namespace Penstock.Tests.Timing;

/// <summary>A <see cref="DeadlineQueue"/> and the dictionary that it must agree with after every operation.</summary>
/// <remarks>
/// Some durations keep their names throughout, others are named when they are set: the lists change hands.
/// </remarks>
internal sealed class DeadlineModel
{
    private const int Capacity = 16;

    private static readonly TimeSpan[] Durations =
    [
        TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan,
    ];

    private readonly ManualTimeProvider _time = new();
    private readonly LoopClock _clock;
    private readonly DeadlineQueue _queue;
    private readonly DeadlineList[] _lists;
    private readonly SortedDictionary<int, long> _model = [];

    public DeadlineModel()
    {
        _clock = new LoopClock(_time);
        _queue = new DeadlineQueue(_clock, Capacity);
        _lists = Array.ConvertAll(Durations, _queue.GetList);
    }

    public bool Agrees(IEnumerable<int> operations)
    {
        foreach (int operation in operations)
        {
            Apply(operation & 3, (operation >>> 2) % Capacity, operation >>> 6);
            if (!IsEqual())
                return false;
        }

        _time.Advance(TimeSpan.FromSeconds(10));
        return Expire() && _queue.Next == LoopClock.Never;
    }

    private void Apply(int kind, int entry, int amount)
    {
        switch (kind)
        {
            case 0:
                int known = amount % Durations.Length;
                Set(entry, _lists[known], Durations[known]);
                break;
            case 1:
                var computed = TimeSpan.FromMilliseconds(amount % 10_000);
                Set(entry, _queue.GetList(computed), computed);
                break;
            case 2:
                _queue.Cancel(entry);
                _model.Remove(entry);
                break;
            default:
                _time.Advance(TimeSpan.FromMilliseconds(amount % 2_000));
                Assert.True(Expire(), "exactly what has passed expires");
                break;
        }
    }

    private void Set(int entry, DeadlineList list, TimeSpan duration)
    {
        _queue.Set(entry, list, _clock.Now);
        _model.Remove(entry);
        if (duration != Timeout.InfiniteTimeSpan)
            _model[entry] = _clock.Now + _clock.ToTimestamps(duration);
    }

    /// <summary>Takes everything that has passed: each once, nothing else, and within one duration in order.</summary>
    private bool Expire()
    {
        SortedSet<int> expected = [.. _model.Where(pair => pair.Value <= _clock.Now).Select(pair => pair.Key)];
        while (_queue.TryTakeExpired(_clock.Now, out int entry))
        {
            if (!expected.Remove(entry))
                return false;
            _model.Remove(entry);
        }

        return expected.Count == 0;
    }

    private bool IsEqual()
    {
        long next = _model.Count == 0 ? LoopClock.Never : _model.Values.Min();
        return _queue.Next == next
            && _queue.ListCount <= Capacity
            && Enumerable.Range(0, Capacity).All(entry => _queue.IsSet(entry) == _model.ContainsKey(entry));
    }
}
