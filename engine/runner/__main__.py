from engine.runner.process import main

raise SystemExit(main())
