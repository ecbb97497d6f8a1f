using State = System.Collections.Generic.Dictionary<string, Penstock.Simulation.Tests.Scenarios.Log.StoredValue>;

namespace Penstock.Simulation.Tests.Scenarios.Log;

/// <summary>
/// What the keys held after each transaction, since the last recovery. A recovery must bring back one of these states
/// whole, and none from before what was promised.
/// </summary>
internal sealed class LogModel
{
    private readonly List<State> _states = [[]];

    /// <summary>The latest that the time of day was while a state was the last one.</summary>
    private readonly List<long> _peaks = [];

    /// <summary>The keys now; a transaction changes them and is then committed.</summary>
    public State Current { get; private set; } = [];

    /// <summary>Transactions since the last recovery.</summary>
    public int Count => _states.Count - 1;

    /// <summary>What was changed is one transaction, the next in number.</summary>
    public void Commit(WallClock clock)
    {
        _states.Add(new State(Current));
        _peaks.Add(clock.TakePeak());
    }

    public void Set(string key, byte[] bytes, long expiresAt) =>
        Current[key] = new StoredValue(bytes, expiresAt, Count + 1);

    /// <summary>Goes on from what was recovered.</summary>
    /// <param name="recovered">What was.</param>
    /// <param name="promised">The transaction that must be there, with all before it.</param>
    /// <param name="clock">The server's clock.</param>
    public void Recover(State recovered, int promised, WallClock clock)
    {
        _peaks.Add(clock.TakePeak());
        bool found = _states.FindIndex(promised, state => IsSame(state, recovered)) >= 0;
        InvariantException.Require(found, $"{Explain(recovered, promised)}");
        Current = recovered;
        _states.Clear();
        _states.Add(new State(recovered));
        _peaks.Clear();
    }

    /// <summary>Goes on from where another model is.</summary>
    public void CopyFrom(LogModel other)
    {
        Current = new State(other.Current);
        _states.Clear();
        _states.AddRange(other._states);
        _peaks.AddRange(other._peaks);
    }

    private bool IsSame(State expected, State recovered) =>
        recovered.All(entry => entry.Value.Matches(expected.GetValueOrDefault(entry.Key)))
        && expected.All(entry => recovered.ContainsKey(entry.Key) || MayBeLeftOut(entry.Value));

    /// <summary>A snapshot may leave out what has expired, and nobody need have been told so.</summary>
    private bool MayBeLeftOut(StoredValue value) => value.IsExpired(_peaks.Skip(value.Since).Max());

    private string Explain(State recovered, int promised)
    {
        int earlier = _states.FindLastIndex(state => IsSame(state, recovered));
        if (earlier >= 0)
            return $"only {earlier} of {promised} promised transactions were recovered, of {Count}";
        State last = _states[^1];
        IEnumerable<string> differences = recovered.Keys.Union(last.Keys)
            .Where(key => !(recovered.GetValueOrDefault(key)?.Matches(last.GetValueOrDefault(key)) ?? false))
            .Order()
            .Select(key => $"{key} is {Show(recovered, key)} and was {Show(last, key)}");
        return "what was recovered is no state that there was after a transaction; "
            + $"{promised} of {Count} were promised; beside the last, {string.Join("; ", differences)}";
    }

    private static string Show(State state, string key) => state.GetValueOrDefault(key) is { } value
        ? $"{value.Bytes.Length} bytes until {value.ExpiresAt}"
        : "absent";
}
