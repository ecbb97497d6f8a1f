namespace Penstock.Simulation.Tests.Files;

/// <summary>Every combination of choices, one after the other.</summary>
internal sealed class EnumeratedChoices : CrashChoices
{
    private readonly List<(int Choice, int Count)> _choices = [];
    private int _position;

    public override int Of(int count)
    {
        if (_position == _choices.Count)
            _choices.Add((0, count));
        return _choices[_position++].Choice;
    }

    /// <summary>Goes on to the next combination; false after the last.</summary>
    public bool MoveNext()
    {
        _position = 0;
        for (int last = _choices.Count - 1; last >= 0; last--)
        {
            (int choice, int count) = _choices[last];
            if (choice + 1 < count)
            {
                _choices[last] = (choice + 1, count);
                return true;
            }

            _choices.RemoveAt(last);
        }

        return false;
    }
}
