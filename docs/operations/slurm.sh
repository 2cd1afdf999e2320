#!/bin/bash
# A run on Slurm: eight tasks that know nothing of each other, and the corpus when all have ended well.
#   duizhao plan news/ -o "$RUN" && sbatch --array=0-7 --export=ALL,RUN="$RUN" docs/operations/slurm.sh
#   then: sbatch --dependency=afterok:JOBID --wrap "duizhao assemble $RUN -o corpus.jsonl.zst"
#SBATCH --job-name=duizhao
#SBATCH --cpus-per-task=8
#SBATCH --mem=12G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --signal=TERM@30
# Requeued, pre-empted or out of time: the same task goes on from the parts and the journals that are there.
set -euo pipefail
exec duizhao work "$RUN" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --workers "${SLURM_CPUS_PER_TASK:-8}"
